import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { TaplineError } from '../../errors.js';
import type { OptionsOf } from '../../option-definition.js';
import { meltanoVersion } from '../../project/meltano-version.js';
import { quoteShellWord } from '../../shell-words.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { described, force } from '../options/common.js';

const mark = '# A launcher made by `tapline shim`.';

const options = { ...described(force, 'replace an existing program named `meltano`') } as const;
type Options = OptionsOf<typeof options>;

export function shim(command: Command, { output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<folder>', 'where the launcher goes; it is made where it is missing')
    .addHelpText(
      'after',
      `${examples('tapline shim ~/.local/bin', 'tapline shim bin && PATH="$PWD/bin:$PATH" meltano --version')}

The launcher is named \`meltano\`, for programs that call it by this name. It reports the version of Meltano that Tapline
implements.`,
    )
    .action(async (folder: string, { force }: Options) => {
      const file = join(resolve(folder), 'meltano');
      const there = await readFile(file, 'utf8').catch(() => undefined);
      if (there !== undefined && !there.includes(mark) && !force) {
        throw new TaplineError('ENTRY_EXISTS', `another program exists at ${file}`, {
          hint: 'Choose another folder, or use --force to replace it.',
        });
      }
      await write(file, resolve(folder), launcher(process.execPath, resolve(process.argv[1] ?? '')));
      output.line(`Made ${file}`);
      output.line('Put its folder first on PATH, so that programs find it.');
    });
}

/** Answers --version without starting Node: dashboards ask for it often. */
function launcher(node: string, program: string): string {
  return `#!/bin/sh
${mark}
for word in "$@"; do
  case "$word" in
    --version) echo 'meltano, version ${meltanoVersion}'; exit 0;;
    -*) ;;
    *) break;;
  esac
done
exec ${quoteShellWord(node)} ${quoteShellWord(program)} "$@"
`;
}

async function write(file: string, folder: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}.tmp`;
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(draft, text);
    await chmod(draft, 0o755);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    const { code } = error as NodeJS.ErrnoException;
    throw new TaplineError('OUTPUT_FAILED', `cannot write ${file} (${code})`, {
      cause: error,
      hint: 'Choose a writable folder.',
    });
  }
}
