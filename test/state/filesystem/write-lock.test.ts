import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StateFolder } from '../../../src/state/filesystem/layout.js';
import { withWriteLock } from '../../../src/state/filesystem/write-lock.js';
import { errorFrom } from '../error-from.js';

const stateId = 'dev:tap-a-to-target-b';
const times = { timeoutSeconds: 10, retrySeconds: 0.02 };

let folder: StateFolder;
let lock: string;
beforeEach(async () => {
  folder = new StateFolder(await mkdtemp(join(tmpdir(), 'tapline-lock-')));
  lock = folder.lock(stateId);
  await mkdir(folder.stateFolder(stateId));
});
afterEach(() => rm(folder.root, { recursive: true }));

describe('withWriteLock', () => {
  test('holds a file that the original can read as a Unix time, and removes it', async () => {
    await withWriteLock(folder, stateId, times, async () => {
      const text = await readFile(lock, 'utf8');
      expect(text).toMatch(/^\d{10}\.\d+$/);
      expect(Math.abs(Number(text) - Date.now() / 1000)).toBeLessThan(600);
    });
    expect(await readdir(folder.stateFolder(stateId))).toEqual([]);
    expect(await readdir(folder.own(stateId))).toEqual([]);
  });

  test('is removed after a failure too', async () => {
    const failing = withWriteLock(folder, stateId, times, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await readdir(folder.stateFolder(stateId))).toEqual([]);
  });

  test('waits while the original holds it', async () => {
    await writeFile(lock, String(Date.now() / 1000));
    const order: string[] = [];
    const waiting = withWriteLock(folder, stateId, times, async () => {
      order.push('ours');
    });
    // A process that removes it after the waiting one has looked at least once.
    await once(spawn(process.execPath, ['-e', '']), 'exit');
    order.push('theirs ends');
    await rm(lock);
    await waiting;
    expect(order).toEqual(['theirs ends', 'ours']);
  });

  test.each([
    ['older than its timeout', String(Date.now() / 1000 - 11)],
    ['empty and older than its timeout', ''],
  ])('a lock %s counts as left behind', async (_, text) => {
    await writeFile(lock, text);
    await utimes(lock, new Date(Date.now() - 11_000), new Date(Date.now() - 11_000));
    expect(await withWriteLock(folder, stateId, times, async () => 'done')).toBe('done');
    expect(await readdir(folder.stateFolder(stateId))).toEqual([]);
  });

  test('many who find the same lock left behind go one after the other', async () => {
    await writeFile(lock, String(Date.now() / 1000 - 11));
    const inside = { now: 0, most: 0 };
    await Promise.all(
      Array.from({ length: 20 }, () =>
        withWriteLock(folder, stateId, times, async () => {
          inside.now += 1;
          inside.most = Math.max(inside.most, inside.now);
          await readdir(folder.root);
          inside.now -= 1;
        }),
      ),
    );
    expect(inside.most).toBe(1);
  });

  test('a lock of a process that is known to be dead is not waited for', async () => {
    const dead = 12_345;
    await writeFile(lock, `${Math.floor(Date.now() / 1000)}.123456${String(dead).padStart(10, '0')}`);
    const never = { timeoutSeconds: 1_000_000, retrySeconds: 0.02 };
    expect(await withWriteLock(folder, stateId, never, async () => 'done', dead)).toBe('done');
  });

  test('a lock that another took meanwhile is noticed before the write, and left alone', async () => {
    const error = await errorFrom(
      withWriteLock(folder, stateId, times, async (held) => {
        await held.check();
        await writeFile(lock, 'another');
        await held.check();
      }),
    );
    expect(error.code).toBe('STATE_NOT_SAVED');
    expect(error.message).toContain(lock);
    expect(await readFile(lock, 'utf8')).toBe('another');
  });

  test("the original's clear may take the whole folder away while we wait for it", async () => {
    await writeFile(lock, String(Date.now() / 1000));
    const waiting = withWriteLock(folder, stateId, times, async () => readdir(folder.stateFolder(stateId)));
    await rm(folder.stateFolder(stateId), { recursive: true });
    expect(await waiting).toEqual(['lock']);
  });
});
