/**
 * The original's lock: a file `lock` beside state.json that holds a Unix time, honoured for `lock_timeout_seconds`.
 * The original looks and then writes, so it may overrun us; we create it exclusively, so that we never overrun another,
 * and look again before the write takes effect.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TaplineError } from '../../errors.js';
import { type LockTimes, lockPid, lockText, maxWaitSeconds } from '../lock-text.js';
import { codeOf, createFrom, type Draft, modified, readIfPresent, remove, writeDraft } from './files.js';
import type { StateFolder } from './layout.js';

/** Throws STATE_NOT_SAVED where the lock is not (or no longer) ours. */
export interface HeldLock {
  check(): Promise<void>;
}

/** Does `work` while this process holds the lock of a state ID. `deadPid`: its lock need not be waited for. */
export async function withWriteLock<T>(
  folder: StateFolder,
  stateId: string,
  times: LockTimes,
  work: (lock: HeldLock) => Promise<T>,
  deadPid?: number,
): Promise<T> {
  const path = folder.lock(stateId);
  const text = await take(folder, stateId, times, deadPid);
  try {
    return await work({
      check: async () => {
        if ((await readIfPresent(path)) !== text) throw lockLost(stateId, path);
      },
    });
  } finally {
    if ((await readIfPresent(path)) === text) await remove(path);
  }
}

/** After `clear`: the folder goes too where nothing else is in it, as with the original. */
export async function removeEmptyFolder(path: string): Promise<void> {
  try {
    await rmdir(path);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '')) throw error;
  }
}

async function take(
  folder: StateFolder,
  stateId: string,
  times: LockTimes,
  deadPid: number | undefined,
): Promise<string> {
  const path = folder.lock(stateId);
  const deadline = performance.now() + maxWaitSeconds(times) * 1000;
  for (;;) {
    const text = lockText();
    const draft = await writeDraft(folder.own(stateId), text, { sync: false });
    try {
      if (await created(draft, path)) return text;
    } finally {
      await remove(draft.path);
    }
    const seen = await readIfPresent(path);
    const late = performance.now() > deadline;
    if (seen === undefined && !late) continue;
    if (seen !== undefined && (isOfDead(seen, deadPid) || (await isLeftBehind(path, seen, times.timeoutSeconds)))) {
      await breakLock(path, seen);
      continue;
    }
    if (late) throw lockHeld(stateId, path);
    await sleep(times.retrySeconds * 1000);
  }
}

/** The state's folder may be swept away by the original's `clear` at any time; then all begins again. */
async function created(draft: Draft, path: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return await createFrom(draft, path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

function isOfDead(text: string, pid: number | undefined): boolean {
  return pid !== undefined && lockPid(text) === pid;
}

async function isLeftBehind(path: string, text: string, timeoutSeconds: number): Promise<boolean> {
  const written = Number.parseFloat(text);
  const at = Number.isFinite(written) ? written * 1000 : (await modified(path))?.getTime();
  return at !== undefined && Date.now() - at > timeoutSeconds * 1000;
}

/**
 * Two may find the same lock left behind; the slower one must not remove the faster one's new lock. So it is moved
 * aside first, and put back where it turns out to be another.
 */
async function breakLock(path: string, seen: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    if ((await readIfPresent(aside)) !== seen) await createFrom({ path: aside, writtenAt: new Date() }, path);
  } finally {
    await remove(aside);
  }
}

function lockHeld(stateId: string, path: string): TaplineError {
  return new TaplineError(
    'STATE_NOT_SAVED',
    `The state of ${stateId} can't be written: other processes keep taking the lock ${path}.`,
    {
      hint: 'Check which other program writes this state (Meltano keeps this lock around each write). If no program does, remove the file.',
      data: { stateId, path },
    },
  );
}

function lockLost(stateId: string, path: string): TaplineError {
  return new TaplineError(
    'STATE_NOT_SAVED',
    `The state of ${stateId} was not written: another process took the lock ${path}.`,
    {
      hint: 'Check which other program writes this state; a higher lock_timeout_seconds helps where the disk is slow.',
      data: { stateId, path },
    },
  );
}
