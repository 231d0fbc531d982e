/** What lies in the folder, beside what the contract asks of every backend. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { explainFileError } from '../../../src/state/filesystem/files.js';
import { openFilesystemState } from '../../../src/state/filesystem/state-backend.js';
import { currentOwner } from '../../../src/state/owner.js';
import { codeFrom, errorFrom } from '../error-from.js';
import { takeLease } from '../take-lease.js';

const stateId = 'dev:tap-fake-to-target-fake';
const recorded = join(import.meta.dirname, '../../../fixtures/meltano-4.4.1/state.json');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tapline-files-'));
});
afterEach(() => rm(root, { recursive: true }));

function open(clock?: () => Date) {
  return openFilesystemState({ uri: `file://${root}`, lockRetrySeconds: 0.02, clock });
}

async function leased() {
  const backend = await open();
  const { lease } = await takeLease(backend.leases, stateId, { owner: await currentOwner('run') });
  return { backend, lease };
}

describe("the original's layout", () => {
  test('a file that the original wrote is read, digits and all', async () => {
    await mkdir(join(root, stateId));
    await copyFile(recorded, join(root, stateId, 'state.json'));
    expect(await (await open()).read(stateId)).toMatchObject({
      completed: { singer_state: { bookmarks: { users: { lsn: 18446744073709551615n, name: 'Zoë', ratio: 1.5 } } } },
      partial: { singer_state: { bookmarks: { users: { extra: true } } } },
    });
  });

  test('a file that we write is what the original writes, byte for byte', async () => {
    await mkdir(join(root, 'other'));
    await copyFile(recorded, join(root, 'other', 'state.json'));
    const { backend, lease } = await leased();
    const theirs = await backend.read('other');
    await lease.save({ mode: 'completed', state: theirs?.completed ?? {} });
    await lease.save({ mode: 'partial', state: theirs?.partial ?? {} });
    const [ours, original] = await Promise.all([readFile(join(root, stateId, 'state.json')), readFile(recorded)]);
    expect(String(ours)).toBe(String(original));
  });

  test("nothing of ours lies where the original looks, and the state's folder holds state.json only", async () => {
    const { backend, lease } = await leased();
    await lease.save({ mode: 'completed', state: { singer_state: { a: 1 } } });
    await lease.save({ mode: 'completed', state: { singer_state: { a: 2 } } });
    await lease.release();
    expect((await readdir(root)).sort()).toEqual(['.tapline', stateId]);
    expect(await readdir(join(root, stateId))).toEqual(['state.json']);
    expect((await readdir(join(root, '.tapline', stateId))).sort()).toEqual(['lease.1.json', 'versions']);
    const { lease: again } = await takeLease(backend.leases, stateId, { owner: await currentOwner('run') });
    await backend.clear(again);
    expect(await readdir(root)).toEqual(['.tapline']);
  });

  test("the original's clear takes neither our lease nor our versions", async () => {
    const { backend, lease } = await leased();
    await lease.save({ mode: 'completed', state: { singer_state: { a: 1 } } });
    await rm(join(root, stateId), { recursive: true });
    await lease.renew();
    expect(await backend.read(stateId)).toBeUndefined();
    expect(await lease.save({ mode: 'completed', state: { singer_state: { a: 2 } } })).toMatchObject({ version: 2 });
  });

  test('what is not a state is not listed', async () => {
    await mkdir(join(root, 'empty-folder'));
    await mkdir(join(root, '.hidden'));
    await writeFile(join(root, '.hidden', 'state.json'), '{}');
    await writeFile(join(root, 'file'), '');
    expect(await (await open()).list()).toEqual([]);
  });
});

describe('hostile state IDs', () => {
  test.each(['../x', 'a/b', '/etc', '..', '.', '.tapline', 'a\\b', '..\\x', 'ü'.repeat(128)])(
    '%j is refused',
    async (name) => {
      const backend = await open();
      expect(await codeFrom(takeLease(backend.leases, name, { owner: await currentOwner('run') }))).toBe(
        'STATE_ID_INVALID',
      );
      expect(await codeFrom(backend.leases.releaseHeld(name))).toBe('STATE_ID_INVALID');
      expect(await codeFrom((async () => backend.read(name))())).toBe('STATE_ID_INVALID');
      expect(await codeFrom((async () => backend.versions(name))())).toBe('STATE_ID_INVALID');
      expect(await readdir(root)).toEqual([]);
    },
  );
});

describe('bad luck', () => {
  test('a state.json that can not be read is named, and kept when a new one replaces it', async () => {
    const { backend, lease } = await leased();
    await mkdir(join(root, stateId));
    await writeFile(join(root, stateId, 'state.json'), '{"completed": {"singer_st');
    const error = await errorFrom(backend.read(stateId));
    expect(error.code).toBe('STATE_UNREADABLE');
    expect(error.message).toContain(join(root, stateId, 'state.json'));
    await lease.save({ mode: 'completed', state: { singer_state: { a: 1 } } });
    const names = (await readdir(join(root, stateId))).sort();
    expect(names).toEqual(['state.json', expect.stringMatching(/^state\.json\.unreadable-/)]);
    expect(await readFile(join(root, stateId, names[1] ?? ''), 'utf8')).toBe('{"completed": {"singer_st');
  });

  test('a lease record that was cut off counts as held, until its life ends', async () => {
    const clock = { now: new Date() };
    await mkdir(join(root, '.tapline', stateId), { recursive: true });
    await writeFile(join(root, '.tapline', stateId, 'lease.7.json'), '');
    const backend = await open(() => clock.now);
    const owner = await currentOwner('run');
    expect(await backend.leases.acquire(stateId, { owner })).toMatchObject({ kind: 'held' });
    clock.now = new Date(clock.now.getTime() + 61_000);
    expect(await takeLease(backend.leases, stateId, { owner })).toMatchObject({
      lease: { token: 8 },
      tookFrom: { reason: 'expired', token: 7 },
    });
  });

  test('a token that is long past can not be taken again', async () => {
    const backend = await open();
    const owner = await currentOwner('run');
    for (let n = 0; n < 40; n += 1) await (await takeLease(backend.leases, stateId, { owner })).lease.release();
    const records = (await readdir(join(root, '.tapline', stateId))).filter((name) => name.startsWith('lease.'));
    expect(records.length).toBeLessThanOrEqual(17);
    expect((await takeLease(backend.leases, stateId, { owner })).lease.token).toBe(41);
  });

  test('a holder that wakes up after a takeover replaces nothing', async () => {
    const { backend, lease: old } = await leased();
    const { lease } = await takeLease(backend.leases, stateId, { owner: await currentOwner('new'), force: true });
    await lease.save({ mode: 'completed', state: { singer_state: { by: 'new' } } });
    const before = (await stat(join(root, stateId, 'state.json'))).mtimeMs;
    expect(await codeFrom(old.save({ mode: 'completed', state: { singer_state: { by: 'old' } } }))).toBe('LEASE_LOST');
    expect((await stat(join(root, stateId, 'state.json'))).mtimeMs).toBe(before);
    expect((await backend.versions(stateId)).map(({ version }) => version)).toEqual([1]);
  });

  test.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EACCES', 'STATE_NOT_SAVED'],
    ['EROFS', 'STATE_NOT_SAVED'],
  ])('%s is %s', (errno, code) => {
    const error = Object.assign(new Error('write'), { code: errno, path: '/state/x/draft' });
    expect(explainFileError(error, '/state')).toMatchObject({ code, message: expect.stringContaining('/state') });
  });

  test('a bug is not dressed up as bad luck', () => {
    const bug = new TypeError('x is not a function');
    expect(explainFileError(bug, '/state')).toBe(bug);
  });
});
