/**
 * The original's lock: an object `lock` beside state.json, honoured for `lock_timeout_seconds`. The original looks and then
 * writes; we create it by a condition. Its age is judged by the clock of the store alone.
 *
 * Only who holds the lease writes, and who held it before is fenced off: a lock in our own form that is not this process's
 * was left behind, and is taken at once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { TaplineError } from '../../errors.js';
import { type LockTimes, lockPid, lockText, maxWaitSeconds } from '../lock-text.js';
import { type ObjectStore, putOver, type StoredObject } from './object-store.js';

/** Throws STATE_NOT_SAVED where others keep taking it. Gives what releases it. */
export async function takeWriteLock(
  store: ObjectStore,
  key: string,
  stateId: string,
  times: LockTimes,
): Promise<() => Promise<void>> {
  const deadline = performance.now() + maxWaitSeconds(times) * 1000;
  for (;;) {
    const version = await putOver(store, key, lockText(), undefined);
    if (version !== undefined) return () => store.delete(key, { version });
    if (performance.now() > deadline) throw lockHeld(stateId, store.nameOf(key));
    const seen = await store.get(key);
    if (seen === undefined) continue;
    if (lockPid(seen.text) !== undefined || ageSeconds(seen) > times.timeoutSeconds) await store.delete(key, seen);
    else await sleep(times.retrySeconds * 1000);
  }
}

function ageSeconds({ now, modifiedAt }: StoredObject): number {
  return (now.getTime() - modifiedAt.getTime()) / 1000;
}

function lockHeld(stateId: string, path: string): TaplineError {
  return new TaplineError(
    'STATE_NOT_SAVED',
    `The state of ${stateId} can't be written: other processes keep taking the lock ${path}.`,
    {
      hint: 'Check which other program writes this state (Meltano keeps this lock around each write). If no program does, remove the object.',
      data: { stateId, path },
    },
  );
}
