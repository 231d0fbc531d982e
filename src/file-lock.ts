import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TaplineError } from './errors.js';

const retryMilliseconds = 25;

/**
 * Runs `work` while this process alone holds the lock file. The lock is SQLite's own on that file, so the kernel gives
 * it back when the holder dies, however it dies: there is no stale lock to judge.
 * Throws LOCK_BUSY after `waitSeconds` (default 30), DISK_FULL, RUN_DIRECTORY.
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  { waitSeconds = 30, onWait }: { waitSeconds?: number; onWait?: () => void } = {},
): Promise<T> {
  const database = await openLockFile(path).catch((error) => {
    throw explain(error, path);
  });
  try {
    await begin(database, path, waitSeconds, onWait);
    return await work();
  } finally {
    database.close();
  }
}

async function openLockFile(path: string): Promise<{ exec(sql: string): unknown; close(): unknown }> {
  await mkdir(dirname(path), { recursive: true });
  const { default: Database } = await import('better-sqlite3');
  return new Database(path, { timeout: 0 });
}

async function begin(
  database: { exec(sql: string): unknown },
  path: string,
  waitSeconds: number,
  onWait?: () => void,
): Promise<void> {
  const giveUp = performance.now() + waitSeconds * 1000;
  for (let first = true; ; first = false) {
    try {
      database.exec('BEGIN EXCLUSIVE');
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw explain(error, path);
      if (performance.now() > giveUp) {
        throw new TaplineError('LOCK_BUSY', `Another process has held ${path} for ${waitSeconds} s.`, {
          hint: 'Wait until it is done, or stop it, and try again.',
          cause: error,
        });
      }
      if (first) onWait?.();
      await delay(retryMilliseconds);
    }
  }
}

/** A coded error for what file system and SQLite throw; anything else comes back as it is. */
function explain(error: unknown, path: string): unknown {
  const code = String((error as { code?: unknown }).code ?? '');
  if (/^(ENOSPC|EDQUOT|SQLITE_FULL|SQLITE_IOERR)/.test(code)) {
    return new TaplineError('DISK_FULL', `No space left for ${path}.`, {
      hint: 'Free some space on that disk and try again.',
      cause: error,
    });
  }
  if (!/^(E[A-Z]+$|SQLITE_)/.test(code)) return error;
  return new TaplineError('RUN_DIRECTORY', `${path} can't be locked: ${(error as Error).message}`, {
    hint: 'The file and its folder must be writable by this user. A lock file keeps nothing: it may be removed while nothing runs.',
    cause: error,
  });
}
