import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TaplineError } from './errors.js';

const retryMilliseconds = 25;

/**
 * Runs `work` while this process alone holds the lock file. The lock is SQLite's own on that file, so the kernel gives
 * it back when the holder dies, however it dies: there is no stale lock to judge.
 * Throws LOCK_BUSY after `waitSeconds` (default 30).
 */
export async function withFileLock<T>(
  path: string,
  work: () => Promise<T>,
  { waitSeconds = 30, onWait }: { waitSeconds?: number; onWait?: () => void } = {},
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const { default: Database } = await import('better-sqlite3');
  const database = new Database(path, { timeout: 0 });
  try {
    await begin(database, path, waitSeconds, onWait);
    return await work();
  } finally {
    database.close();
  }
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
      if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
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
