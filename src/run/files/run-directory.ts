import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TaplineError } from '../../errors.js';
import { livenessOf } from '../../state/owner.js';
import type { LeaseOwner } from '../../state/port.js';

const ownerFile = 'owner.json';
/** The folder, beside those of the runs, for states that could not be saved; no run directory has this name. */
export const rescueName = 'rescue';
const unfinishedPrefix = '.new-';
/** A run directory whose owner is not visible from here (another container or boot) counts as dead if not touched for this long. */
const maxIdleMinutes = 10;

/** The files of one run, `.meltano/run/tapline/<run id>/<block id>/`: they hold resolved secrets, so only this user can read them. */
export interface RunDirectory {
  path: string;
  /** Creates a folder for one block, or for a part of it. */
  block(name: string): Promise<string>;
  /** Removes the folder as soon as the block ends, since its secrets are no longer needed. */
  removeBlock(name: string): Promise<void>;
  /** Shows programs that can't see this process that it is alive. */
  touch(): Promise<void>;
  remove(): Promise<void>;
}

/** Creates the directory together with its owner file, so that no program sees one without an owner. Throws RUN_DIRECTORY, DISK_FULL. */
export async function createRunDirectory(runDirRoot: string, owner: LeaseOwner): Promise<RunDirectory> {
  const parent = join(runDirRoot, 'tapline');
  try {
    await mkdir(parent, { recursive: true, mode: 0o700 });
    const draft = await mkdtemp(join(parent, unfinishedPrefix));
    await writeFile(join(draft, ownerFile), JSON.stringify(owner), { mode: 0o600 });
    const path = await moveToFreeName(draft, join(parent, fileName(owner.runId)));
    return {
      path,
      block: (name) => makeBlock(path, name),
      removeBlock: (name) => rm(join(path, fileName(name)), { recursive: true, force: true }),
      touch: () => utimes(join(path, ownerFile), new Date(), new Date()),
      remove: () => rm(path, { recursive: true, force: true }),
    };
  } catch (error) {
    throw directoryError(error, parent);
  }
}

/** A reused run ID (a retry by an orchestrator) gets a directory of its own. */
async function moveToFreeName(draft: string, wanted: string): Promise<string> {
  for (let number = basename(wanted) === rescueName ? 2 : 1; ; number += 1) {
    const path = number === 1 ? wanted : `${wanted}.${number}`;
    try {
      await rename(draft, path);
      return path;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    }
  }
}

async function makeBlock(runPath: string, name: string): Promise<string> {
  const path = join(runPath, fileName(name));
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  } catch (error) {
    throw directoryError(error, path);
  }
}

/** Removes the directories of dead runs, mainly for their secrets. Never throws: the next run tries again. */
export async function removeLeftoverDirectories(runDirRoot: string): Promise<void> {
  for (const path of await leftoverDirectories(runDirRoot)) {
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The directories of dead runs. */
export async function leftoverDirectories(runDirRoot: string): Promise<string[]> {
  const parent = join(runDirRoot, 'tapline');
  const names = await readdir(parent).catch(() => []);
  const leftovers: string[] = [];
  for (const name of names) {
    const path = join(parent, name);
    if (await isLeftover(path, name).catch(() => false)) leftovers.push(path);
  }
  return leftovers;
}

async function isLeftover(path: string, name: string): Promise<boolean> {
  const isRecent = async (file: string) => Date.now() - (await stat(file)).mtimeMs < maxIdleMinutes * 60_000;
  if (name.startsWith(unfinishedPrefix)) return !(await isRecent(path));
  const file = join(path, ownerFile);
  const owner = JSON.parse(await readFile(file, 'utf8')) as LeaseOwner;
  const liveness = await livenessOf(owner);
  if (liveness === 'unknown') return !(await isRecent(file));
  return liveness === 'dead';
}

/** An identifier as a path segment; never `.`, `..` or hidden. */
export function fileName(text: string): string {
  const safe = text.replace(/[^\w.-]+/g, '-').replace(/^\.+/, '');
  return safe === '' ? 'unnamed' : safe.slice(0, 120);
}

export function directoryError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === undefined || error instanceof TaplineError) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TaplineError('DISK_FULL', `no space left on the disk for ${path}`, {
      hint: 'Free some space on that disk and run again.',
      cause: error,
    });
  }
  return new TaplineError('RUN_DIRECTORY', `cannot write ${path}: ${(error as Error).message}`, {
    hint: 'Make it writable by this user, or choose another folder: `run_dir` of the step, or MELTANO_SYS_DIR_ROOT.',
    cause: error,
  });
}

/** Like `Promise.all`, but rejects only once all have settled: the directory that they write to may then be removed. */
export async function settleAll<T extends readonly Promise<unknown>[]>(
  work: readonly [...T],
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
