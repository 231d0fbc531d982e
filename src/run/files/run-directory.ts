import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { TaplineError } from '../../errors.js';
import { livenessOf } from '../../state/owner.js';
import type { LeaseOwner } from '../../state/port.js';

const ownerFile = 'owner.json';
/** The folder beside the runs' own for states that could not be saved; no run has this name. */
export const rescueName = 'rescue';
const unfinishedPrefix = '.new-';
/** A run directory whose owner can't be seen from here (another container, another boot) is kept while it shows signs of life. */
const silentMinutes = 10;

/** The files of one run, which hold resolved secrets: `.meltano/run/tapline/<run id>/<block id>/`, for this user only. */
export interface RunDirectory {
  path: string;
  /** A new folder for one block, or for one part of it. */
  block(name: string): Promise<string>;
  /** As soon as the block has ended: its secrets are needed no longer. */
  removeBlock(name: string): Promise<void>;
  /** Shows others, which can't see this process, that it lives. */
  touch(): Promise<void>;
  remove(): Promise<void>;
}

/** Creates the directory together with the name of its owner, so that one without an owner is never seen. Throws RUN_DIRECTORY, DISK_FULL. */
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

/** A run ID that is used once more (a retry by an orchestrator) gets a folder of its own. */
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

/** Removes what runs that are dead have left behind, secrets above all. Never throws: the next run tries again. */
export async function removeLeftoverDirectories(runDirRoot: string): Promise<void> {
  for (const path of await leftoverDirectories(runDirRoot)) {
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** The directories of runs that are dead. */
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
  const signOfLife = async (file: string) => Date.now() - (await stat(file)).mtimeMs < silentMinutes * 60_000;
  if (name.startsWith(unfinishedPrefix)) return !(await signOfLife(path));
  const file = join(path, ownerFile);
  const owner = JSON.parse(await readFile(file, 'utf8')) as LeaseOwner;
  const liveness = await livenessOf(owner);
  if (liveness === 'unknown') return !(await signOfLife(file));
  return liveness === 'dead';
}

/** An identifier as one path segment; never `.`, `..` or hidden. */
export function fileName(text: string): string {
  const safe = text.replace(/[^\w.-]+/g, '-').replace(/^\.+/, '');
  return safe === '' ? 'unnamed' : safe.slice(0, 120);
}

export function directoryError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === undefined || error instanceof TaplineError) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TaplineError('DISK_FULL', `There is no room for ${path}.`, {
      hint: 'Make room on that disk and run again.',
      cause: error,
    });
  }
  return new TaplineError('RUN_DIRECTORY', `${path} can't be written: ${(error as Error).message}`, {
    hint: 'Make it writable for this user, or choose a folder that is: `run_dir` of the step, else MELTANO_SYS_DIR_ROOT.',
    cause: error,
  });
}
