import { chmod, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TaplineError } from '../../errors.js';
import { withFileLock } from '../../file-lock.js';

export interface FileEdit {
  /** Absolute path. */
  file: string;
  /** Maps the old text (empty if there is no file) to the new text. */
  edit(text: string): string;
  /** The mode of a new file, 0o644 by default; an existing file keeps its own. */
  mode?: number | undefined;
}

/**
 * Applies all edits, or none: every new text is known before the first file is replaced. Each file is replaced in one
 * rename, so a kill leaves the old or the new one; two callers at once wait for one another, so neither is lost.
 * Returns the files that changed. Throws PROJECT_READONLY where the project or a file says so.
 */
export async function editFiles(
  project: { sysDir: string; readonly: boolean },
  edits: readonly FileEdit[],
): Promise<string[]> {
  if (project.readonly)
    throw readonlyError(
      'This project is deployed as read-only',
      'Unset MELTANO_PROJECT_READONLY, or make the change where the project is kept.',
    );
  return withFileLock(join(project.sysDir, 'run', 'tapline-edit.lock'), async () => {
    const texts = new Map<string, { before: string; after: string; mode: number }>();
    for (const { file, edit, mode } of edits) {
      const known = texts.get(file) ?? (await read(file, mode ?? 0o644));
      texts.set(file, { ...known, after: edit(known.after) });
    }
    const changed = [...texts].filter(([, { before, after }]) => before !== after);
    for (const [file, { after, mode }] of changed) await replaceFile(file, after, mode);
    return changed.map(([file]) => file);
  });
}

async function read(file: string, mode: number): Promise<{ before: string; after: string; mode: number }> {
  try {
    const text = await readFile(file, 'utf8');
    return { before: text, after: text, mode: (await stat(file)).mode & 0o7777 };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { before: '', after: '', mode };
    throw error;
  }
}

/** Writes beside the file (behind links), flushes, renames, flushes the folder. */
async function replaceFile(file: string, text: string, mode: number): Promise<void> {
  const target = await realpath(file).catch(() => file);
  // One name for all editors, who take turns: what a killed one has left is out of the way with the next edit.
  const temporary = `${target}.tapline-edit`;
  try {
    await rm(temporary, { force: true });
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, mode);
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await rm(temporary, { force: true });
    throw translate(error as NodeJS.ErrnoException, target);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

function translate(error: NodeJS.ErrnoException, file: string): Error {
  if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS') {
    return readonlyError(
      `${file} can't be written (${error.code})`,
      'Check the owner and the mode of the file and of its folder.',
      error,
    );
  }
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return new TaplineError('DISK_FULL', `${file} was not changed: the disk is full.`, {
      cause: error,
      hint: 'Free some space and try again.',
    });
  }
  return error;
}

function readonlyError(message: string, hint: string, cause?: unknown): TaplineError {
  return new TaplineError('PROJECT_READONLY', `${message}.`, { hint, cause });
}
