import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TaplineError } from '../errors.js';

const cacheTag = `Signature: 8a477f597d28d172789f06886806bc55
# This file marks the folder as a cache, for backup programs to skip.
# See https://bford.info/cachedir/
`;

/**
 * Makes the system directory (`.meltano`) as the original does: with `run/`, and marked to be left out of version control
 * and backups. For commands that write. Throws RUN_DIRECTORY where it can't be made.
 */
export function ensureSystemDirectory(project: { sysDir: string }): void {
  const run = join(project.sysDir, 'run');
  if (existsSync(run) && existsSync(join(project.sysDir, '.gitignore'))) return;
  try {
    mkdirSync(run, { recursive: true });
  } catch (error) {
    throw new TaplineError(
      'RUN_DIRECTORY',
      `The folder ${run} can't be created (${(error as NodeJS.ErrnoException).code}).`,
      {
        cause: error,
        hint: 'Check the owner and the mode of the project folder, or point MELTANO_SYS_DIR_ROOT at a folder that can be written.',
      },
    );
  }
  writeOnce(join(project.sysDir, '.gitignore'), '*\n');
  writeOnce(join(project.sysDir, 'CACHEDIR.TAG'), cacheTag);
}

/** The marks are a courtesy: without them everything works. */
function writeOnce(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch {}
}
