/** Files that appear whole or not at all, and what the file system's errors mean. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TaplineError } from '../../errors.js';

export interface Draft {
  path: string;
  /** When it was written, by the clock of the file system (which may be another machine's). */
  writtenAt: Date;
}

/** Writes a file under a name that no reader looks for. `sync`: its content is on the disk when the promise resolves. */
export async function writeDraft(folder: string, text: string, { sync }: { sync: boolean }): Promise<Draft> {
  const path = join(folder, `draft-${randomUUID()}`);
  try {
    return { path, writtenAt: await writeNew(path, text, sync) };
  } catch (error) {
    await remove(path);
    throw error;
  }
}

async function writeNew(path: string, text: string, sync: boolean): Promise<Date> {
  const handle = await openNew(path);
  try {
    await handle.writeFile(text);
    if (sync) await handle.sync();
    return (await handle.stat()).mtime;
  } finally {
    await handle.close();
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true });
    return open(path, 'wx');
  }
}

/** Puts the draft in its place, over what is there; `sync`: the new name is on the disk too. */
export async function moveInto(draft: Draft, path: string, { sync }: { sync: boolean }): Promise<void> {
  await rename(draft.path, path);
  if (sync) await syncFolder(dirname(path));
}

/** Puts the draft in its place, unless there is something already. Whole at once, since a link is made to a finished file. */
export async function createFrom(draft: Draft, path: string): Promise<boolean> {
  try {
    await link(draft.path, path);
    return true;
  } catch (error) {
    const code = codeOf(error);
    // Over NFS an answer may get lost and the request be sent twice: then the second one finds our own link.
    if (code === 'EEXIST') return (await stat(draft.path)).nlink > 1;
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
  }
  return createWithoutLink(await readFile(draft.path, 'utf8'), path);
}

/** For file systems without hard links. A crash in between leaves an empty file, which readers must expect. */
async function createWithoutLink(text: string, path: string): Promise<boolean> {
  try {
    await writeNew(path, text, false);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

export async function remove(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

export async function exists(path: string): Promise<boolean> {
  return (await ifPresent(stat(path))) !== undefined;
}

export async function readIfPresent(path: string): Promise<string | undefined> {
  return ifPresent(readFile(path, 'utf8'));
}

export async function modified(path: string): Promise<Date | undefined> {
  return (await ifPresent(stat(path)))?.mtime;
}

export async function namesIn(folder: string): Promise<string[]> {
  return (await ifPresent(readdir(folder))) ?? [];
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Not every file system can sync a folder; those that can't have nothing to sync.
    if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'EPERM' && codeOf(error) !== 'EISDIR') throw error;
  } finally {
    await handle.close();
  }
}

async function ifPresent<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** A coded error for what the file system refused in `folder`; anything else comes back as it is. */
export function explainFileError(error: unknown, folder: string): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof TaplineError) return error;
  const path = (error as NodeJS.ErrnoException).path ?? folder;
  const details = { cause: error, data: { errno: code, path } };
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TaplineError('DISK_FULL', `No space left for the state in ${folder}.`, {
      ...details,
      hint: 'Free some space on that disk: the previous state is intact.',
    });
  }
  return new TaplineError('STATE_NOT_SAVED', `The state folder ${folder} can't be used: ${code} at ${path}.`, {
    ...details,
    hint: 'The folder that state_backend.uri names, and all in it, must be readable and writable by this user.',
  });
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}
