/** What every state backend must do, run against each of them with real files and real processes. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { keptVersions, type VersionMark, versionsToDrop } from '../../src/state/kept-versions.js';
import { currentOwner } from '../../src/state/owner.js';
import type { LeaseOwner, StateBackend } from '../../src/state/port.js';
import { codeFrom, errorFrom } from './error-from.js';
import { takeLease } from './take-lease.js';
import type { WorkerCommand } from './worker.js';
import { buildWorker, Worker } from './worker-process.js';

/** One place where a backend keeps its state; opened as often as a test likes. */
export interface BackendPlace {
  open(clock?: () => Date): Promise<StateBackend>;
  /** What a worker process needs to open the same place. */
  openInWorker: WorkerCommand & { do: 'open' };
  /** Makes states with the same text quickly, behind the backend's back, as the original would. */
  seed(stateIds: string[], completed: string): Promise<void>;
  /** Replaces the stored text of a state by something else. */
  damage(stateId: string, text: string): Promise<void>;
  /** Cuts the stored text of a version off in its middle, as a writer that was killed might leave it. Not of the newest. */
  damageVersion(stateId: string, version: number): Promise<void>;
  /** Takes the store away as a failure of its server or disk would, and brings it back. For places that are told to `canGoAway`. */
  away?(): Promise<{ back(): Promise<void> }>;
  close(): Promise<void>;
}

const id = 'dev:tap-a-to-target-b';

export function stateBackendContract(
  name: string,
  makePlace: () => Promise<BackendPlace>,
  { canGoAway = false }: { canGoAway?: boolean } = {},
): void {
  describe(`state backend ${name}`, () => {
    let place: BackendPlace;
    let workerFile: string;
    const workers: Worker[] = [];

    beforeAll(async () => {
      workerFile = await buildWorker();
    });
    beforeEach(async () => {
      place = await makePlace();
    });
    afterEach(async () => {
      await Promise.all(workers.splice(0).map((worker) => worker.kill()));
      await place.close();
    });
    afterAll(() => {
      workerFile = '';
    });

    async function startWorker(): Promise<Worker> {
      const worker = new Worker(workerFile);
      workers.push(worker);
      await worker.ready();
      return worker;
    }

    async function openedWorker(): Promise<Worker> {
      const worker = await startWorker();
      expect(await worker.ask(place.openInWorker)).toEqual({ ok: true });
      return worker;
    }

    async function leased(stateId = id) {
      const backend = await place.open();
      const { lease } = await takeLease(backend.leases, stateId, { owner: await owner() });
      return { backend, lease };
    }

    describe('state', () => {
      test('an unknown state ID has no state', async () => {
        const backend = await place.open();
        expect(await backend.read(id)).toBeUndefined();
        expect(await backend.list()).toEqual([]);
        expect(await backend.versions(id)).toEqual([]);
      });

      test('what was saved is read again, by another connection too', async () => {
        const { lease } = await leased();
        const saved = await lease.save({
          mode: 'completed',
          state: wrapped({ users: { id: 7, name: 'Zoë \u2028 "quoted"' } }),
        });
        const stored = await (await place.open()).read(id);
        expect(saved.version).toBe(1);
        expect(stored).toMatchObject({ stateId: id, version: 1, partial: {} });
        expect(stored?.completed).toEqual(wrapped({ users: { id: 7, name: 'Zoë \u2028 "quoted"' } }));
        expect(stored?.updatedAt?.getTime()).toBeGreaterThan(Date.now() - 600_000);
      });

      test('whole numbers beyond 2^53 keep their digits', async () => {
        const { backend, lease } = await leased();
        await lease.save({ mode: 'completed', state: wrapped({ lsn: 18446744073709551615n, small: 12 }) });
        expect((await backend.read(id))?.completed).toEqual(wrapped({ lsn: 18446744073709551615n, small: 12 }));
      });

      test('a partial write merges into the partial state and keeps the completed one; a completed one replaces both', async () => {
        const { backend, lease } = await leased();
        await lease.save({ mode: 'completed', state: wrapped({ a: 1 }) });
        await lease.save({ mode: 'partial', state: wrapped({ b: { x: 1 } }) });
        await lease.save({ mode: 'partial', state: wrapped({ b: { y: 2 } }) });
        expect(await backend.read(id)).toMatchObject({
          completed: wrapped({ a: 1 }),
          partial: wrapped({ b: { x: 1, y: 2 } }),
        });
        await lease.save({ mode: 'completed', state: wrapped({ c: 3 }) });
        expect(await backend.read(id)).toMatchObject({ completed: wrapped({ c: 3 }), partial: {}, version: 4 });
      });

      test('a key named __proto__ is only a key', async () => {
        const { backend, lease } = await leased();
        const state = wrapped(JSON.parse('{"__proto__": {"polluted": true}}') as Record<string, unknown>);
        await lease.save({ mode: 'partial', state });
        await lease.save({ mode: 'partial', state: wrapped({ other: 1 }) });
        const bookmarks = (await backend.read(id))?.partial.singer_state?.bookmarks as Record<string, unknown>;
        expect(Object.keys(bookmarks).sort()).toEqual(['__proto__', 'other']);
        expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      });

      test('clear removes both halves, remembers that it did, and says whether there was anything', async () => {
        const { backend, lease } = await leased();
        expect(await backend.clear(lease)).toBe(false);
        await lease.save({ mode: 'completed', state: wrapped({ a: 1 }) });
        await lease.save({ mode: 'partial', state: wrapped({ b: 1 }) });
        expect(await backend.clear(lease)).toBe(true);
        expect(await backend.read(id)).toBeUndefined();
        expect(await backend.list()).toEqual([]);
        expect((await backend.versions(id))[0]).toMatchObject({
          version: 3,
          mode: 'clear',
          completed: {},
          partial: {},
        });
        expect((await lease.save({ mode: 'completed', state: wrapped({ a: 2 }) })).version).toBe(4);
      });

      test.each(['not json', '[1]', '{"singer_state": [1]}', '{"singer_state": 5}', '"text"'])(
        'stored text %s is unreadable, is said to be so, and can be cured by a completed write only',
        async (text) => {
          const { backend, lease } = await leased();
          await lease.save({ mode: 'completed', state: wrapped({ a: 1 }) });
          await place.damage(id, text);
          const error = await errorFrom(backend.read(id));
          expect(error.code).toBe('STATE_UNREADABLE');
          expect(error.message).toContain(id);
          expect(error.hint).toContain('tapline state set');
          expect(await backend.list()).toMatchObject([{ stateId: id, status: 'invalid' }]);
          expect(await codeFrom(lease.save({ mode: 'partial', state: wrapped({ b: 1 }) }))).toBe('STATE_UNREADABLE');
          await lease.save({ mode: 'completed', state: wrapped({ a: 2 }) });
          expect((await backend.read(id))?.completed).toEqual(wrapped({ a: 2 }));
        },
      );

      test.each(['', 'a\0b', 'a\nb', 'x'.repeat(901)])('the state ID %j is refused', async (stateId) => {
        const backend = await place.open();
        expect(await codeFrom((async () => backend.read(stateId))())).toBe('STATE_ID_INVALID');
        expect(await codeFrom((async () => backend.versions(stateId))())).toBe('STATE_ID_INVALID');
        expect(await codeFrom(takeLease(backend.leases, stateId, { owner: await owner() }))).toBe('STATE_ID_INVALID');
      });

      test.each(['it\'s 100% "odd"', 'a b', '*', 'dev:tap-ü-to-target-ß', '%', "'; DROP TABLE state; --"])(
        'the state ID %j is only a name',
        async (stateId) => {
          const { backend, lease } = await leased(stateId);
          await lease.save({ mode: 'completed', state: wrapped({ a: 1 }) });
          expect((await backend.read(stateId))?.completed).toEqual(wrapped({ a: 1 }));
          expect((await backend.list()).map((listing) => listing.stateId)).toEqual([stateId]);
        },
      );
    });

    describe('list', () => {
      test('tells valid, empty and invalid states apart', async () => {
        await place.seed(['valid'], '{"singer_state": {"a": 1}}');
        await place.seed(['empty'], '{}');
        await place.seed(['invalid'], '{"other": 1}');
        const listings = await (await place.open()).list();
        expect(listings.map(({ stateId, status }) => [stateId, status])).toEqual([
          ['empty', 'empty'],
          ['invalid', 'invalid'],
          ['valid', 'valid'],
        ]);
      });

      test('finds its way through 10,000 state IDs by pattern', { timeout: 240_000 }, async () => {
        const stateIds = Array.from(
          { length: 10_000 },
          (_, index) => `${index % 2 ? 'dev' : 'prod'}:tap-${index}-to-target_x`,
        );
        await place.seed(
          stateIds,
          '{"singer_state": {"bookmarks": {"users": {"replication_key_value": "2024-05-01"}}}}',
        );
        const backend = await place.open();
        const all = await backend.list();
        expect(all.map((listing) => listing.stateId)).toEqual(stateIds.toSorted());
        expect(new Set(all.map((listing) => listing.status))).toEqual(new Set(['valid']));
        const matching = async (pattern: string) => (await backend.list(pattern)).length;
        expect(await matching('dev:*')).toBe(5000);
        expect(await matching('*:tap-123-to-*')).toBe(1);
        expect(await matching('prod:tap-*8-to-target_x')).toBe(1000);
        expect(await matching('prod:tap-8-to-target-x')).toBe(0);
        expect(await matching('dev:tap-?-to-*')).toBe(0);
        expect(await matching('DEV:*')).toBe(0);
      });
    });

    describe('versions', () => {
      test('are newest first, with who made them and how', async () => {
        const { backend, lease } = await leased();
        await lease.save({ mode: 'completed', state: wrapped({ a: 1 }), runId: 'r1' });
        await lease.save({ mode: 'partial', state: wrapped({ b: 2 }), runId: 'r2' });
        await lease.save({ mode: 'completed', state: wrapped({ c: 3 }), edit: true });
        expect(await backend.versions(id)).toMatchObject([
          { version: 3, mode: 'edit', runId: undefined, completed: wrapped({ c: 3 }), partial: {} },
          { version: 2, mode: 'partial', runId: 'r2', completed: wrapped({ a: 1 }), partial: wrapped({ b: 2 }) },
          { version: 1, mode: 'completed', runId: 'r1', completed: wrapped({ a: 1 }), partial: {} },
        ]);
        expect((await backend.versions(id, 1)).map(({ version }) => version)).toEqual([3]);
      });

      test('stay and go by the one rule of all backends: a long run does not push out what was there before it', async () => {
        const { backend, lease } = await leased();
        const runs = ['first', 'second', undefined, ...Array.from({ length: 30 }, () => 'long'), 'last'];
        let marks: VersionMark[] = [];
        for (const [index, runId] of runs.entries()) {
          const { version, savedAt } = await lease.save({ mode: 'completed', state: wrapped({ n: index }), runId });
          marks.push({ version, runId, savedAt });
          const dropped = new Set(versionsToDrop(marks));
          marks = marks.filter((mark) => !dropped.has(mark.version));
        }
        const versions = await backend.versions(id);
        expect(versions.map(({ version }) => version)).toEqual(marks.map(({ version }) => version).toReversed());
        expect(versions.map(({ version }) => version)).toContain(3);
        expect(versions.length).toBeGreaterThan(keptVersions.keep);
        expect((await backend.versions(id, 5)).map(({ version }) => version)).toEqual([34, 33, 32, 31, 30]);
      });

      test('go by the same rule from lease to lease', async () => {
        const backend = await place.open();
        const saved: number[] = [];
        for (let n = 0; n < keptVersions.keep + 5; n += 1) {
          const { lease } = await takeLease(backend.leases, id, { owner: await owner() });
          const state = wrapped({ n });
          saved.push((await lease.save({ mode: 'completed', state, runId: `run-${n}` })).version);
          await lease.release();
        }
        const kept = (await backend.versions(id)).map(({ version }) => version);
        expect(kept).toEqual(saved.slice(-keptVersions.keep).toReversed());
      });

      test('one that was half written is not offered, and is in nobody’s way', async () => {
        const { backend, lease } = await leased();
        for (const n of [1, 2, 3]) await lease.save({ mode: 'completed', state: wrapped({ n }), runId: `run-${n}` });
        await place.damageVersion(id, 2);
        expect((await backend.versions(id)).map(({ version }) => version)).toEqual([3, 1]);
        expect((await backend.read(id))?.completed).toEqual(wrapped({ n: 3 }));
        await lease.save({ mode: 'completed', state: wrapped({ n: 4 }) });
        expect((await backend.versions(id)).map(({ version }) => version)).toEqual([4, 3, 1]);
      });

      test('what the original wrote in between is kept before it is replaced', async () => {
        await place.seed([id], '{"singer_state": {"from": "the original"}}');
        const { backend, lease } = await leased();
        expect(await backend.read(id)).toMatchObject({
          version: 0,
          completed: { singer_state: { from: 'the original' } },
        });
        await lease.save({ mode: 'completed', state: wrapped({ a: 1 }) });
        await place.damage(id, '{"singer_state": {"from": "the original again"}}');
        await lease.save({ mode: 'completed', state: wrapped({ a: 2 }) });
        const kept = (await backend.versions(id)).map(({ version, mode, completed }) => [
          version,
          mode,
          completed.singer_state,
        ]);
        expect(kept).toEqual([
          [4, 'completed', { bookmarks: { a: 2 } }],
          [3, 'edit', { from: 'the original again' }],
          [2, 'completed', { bookmarks: { a: 1 } }],
          [1, 'edit', { from: 'the original' }],
        ]);
      });
    });

    describe('leases', () => {
      test('one holder at a time, who is named to the next', async () => {
        const { backend, lease } = await leased();
        expect(lease.name).toBe(id);
        const error = await errorFrom(takeLease(backend.leases, id, { owner: await owner() }));
        expect(error.code).toBe('LEASE_HELD');
        const me = await owner();
        for (const part of [id, me.user, me.host, String(process.pid), me.command, 'last heartbeat']) {
          expect(error.message).toContain(part);
        }
        for (const cure of ['--force', '--if-running wait', `tapline lease release ${id}`])
          expect(error.hint).toContain(cure);
        expect(await backend.leases.acquire(id, { owner: await owner() })).toMatchObject({
          kind: 'held',
          holder: { name: id, token: lease.token, owner: { pid: process.pid } },
        });
        expect(error.data?.holder).toMatchObject({ name: id, token: lease.token, owner: { pid: process.pid } });
        expect(await backend.leases.list()).toMatchObject([{ name: id, token: lease.token }]);
      });

      test('tokens only grow: over release, force and the release by others', async () => {
        const { backend, lease } = await leased();
        const tokens = [lease.token];
        await lease.release();
        const second = await takeLease(backend.leases, id, { owner: await owner() });
        tokens.push(second.lease.token);
        expect(second.tookFrom).toBeUndefined();
        const third = await takeLease(backend.leases, id, { owner: await owner(), force: true });
        tokens.push(third.lease.token);
        await backend.leases.releaseHeld(id);
        tokens.push((await takeLease((await place.open()).leases, id, { owner: await owner() })).lease.token);
        expect(tokens.every((token, index) => index === 0 || token > (tokens[index - 1] ?? 0))).toBe(true);
      });

      test('one that was taken over by force can write nothing more, and leaves the new holder alone', async () => {
        const { backend, lease: old } = await leased();
        await old.save({ mode: 'completed', state: wrapped({ by: 'old' }) });
        const { lease, tookFrom } = await takeLease(backend.leases, id, {
          owner: await owner('the-new-run'),
          force: true,
        });
        expect(tookFrom).toMatchObject({ reason: 'forced', token: old.token });
        await lease.save({ mode: 'completed', state: wrapped({ by: 'new' }) });
        const lost = await errorFrom(old.save({ mode: 'completed', state: wrapped({ by: 'old' }) }));
        expect(lost.code).toBe('LEASE_LOST');
        expect(lost.data?.holder).toMatchObject({ owner: { runId: 'the-new-run' } });
        expect(await codeFrom(old.renew())).toBe('LEASE_LOST');
        expect(await codeFrom(backend.clear(old))).toBe('LEASE_LOST');
        await old.release();
        await lease.renew();
        expect((await backend.read(id))?.completed).toEqual(wrapped({ by: 'new' }));
        expect((await backend.versions(id)).map(({ version }) => version)).toEqual([2, 1]);
      });

      test('one that was taken over is known as such when the new holder has gone, too', async () => {
        const { backend, lease: old } = await leased();
        const { lease } = await takeLease(backend.leases, id, { owner: await owner('the-new-run'), force: true });
        await lease.release();
        const lost = await errorFrom(old.save({ mode: 'completed', state: wrapped({ by: 'old' }) }));
        expect(lost).toMatchObject({ code: 'LEASE_LOST', data: { takenOver: true } });
        expect(lost.message).toContain('Another run');
      });

      test('one that a person released is not taken over', async () => {
        const { backend, lease } = await leased();
        await backend.leases.releaseHeld(id);
        const lost = await errorFrom(lease.save({ mode: 'completed', state: wrapped({ a: 1 }) }));
        expect(lost).toMatchObject({ code: 'LEASE_LOST', data: { takenOver: false } });
      });

      test('one that was released by others is lost, also before somebody takes it', async () => {
        const { backend, lease } = await leased();
        expect(await backend.leases.releaseHeld(id)).toMatchObject({ name: id, token: lease.token });
        expect(await codeFrom(lease.save({ mode: 'completed', state: wrapped({ a: 1 }) }))).toBe('LEASE_LOST');
        expect(await codeFrom(lease.renew())).toBe('LEASE_LOST');
        expect(await backend.read(id)).toBeUndefined();
        expect(await backend.leases.list()).toEqual([]);
        expect(await codeFrom(backend.leases.releaseHeld(id))).toBe('LEASE_UNKNOWN');
      });

      test('one that was given back can write nothing more', async () => {
        const { lease } = await leased();
        await lease.release();
        await lease.release();
        expect(await codeFrom(lease.save({ mode: 'completed', state: wrapped({ a: 1 }) }))).toBe('LEASE_LOST');
        expect(lease.validUntil()).toBeLessThan(performance.now());
      });

      test('a renewal and a save move its end', async () => {
        const { lease } = await leased();
        const first = lease.validUntil();
        expect(first).toBeGreaterThan(performance.now() + 50_000);
        await lease.renew();
        const second = lease.validUntil();
        expect(second).toBeGreaterThan(first);
        await lease.save({ mode: 'completed', state: wrapped({ a: 1 }) });
        expect(lease.validUntil()).toBeGreaterThan(second);
      });

      test('a holder elsewhere keeps it until its end by the clock of the backend, each renewal moves that', async () => {
        const clock = { now: new Date('2030-01-01T00:00:00Z') };
        const backend = await place.open(() => clock.now);
        const pass = (seconds: number) => {
          clock.now = new Date(clock.now.getTime() + seconds * 1000);
        };
        const { lease } = await takeLease(backend.leases, id, { owner: elsewhere(await owner()) });
        pass(59);
        expect(await backend.leases.acquire(id, { owner: await owner() })).toMatchObject({ kind: 'held' });
        await lease.renew();
        pass(59);
        expect(await backend.leases.acquire(id, { owner: await owner() })).toMatchObject({ kind: 'held' });
        pass(1);
        const { tookFrom } = await takeLease(backend.leases, id, { owner: await owner() });
        expect(tookFrom).toMatchObject({ reason: 'expired', token: lease.token, owner: { host: 'another-host' } });
        expect(await codeFrom(lease.renew())).toBe('LEASE_LOST');
      });

      test('a clock that jumps back ends no lease early; the next renewal counts from there', async () => {
        const clock = { now: new Date('2030-01-02T00:00:00Z') };
        const backend = await place.open(() => clock.now);
        const { lease } = await takeLease(backend.leases, id, { owner: elsewhere(await owner()) });
        clock.now = new Date('2030-01-01T00:00:00Z');
        expect(await backend.leases.acquire(id, { owner: await owner() })).toMatchObject({ kind: 'held' });
        await lease.save({ mode: 'completed', state: wrapped({ a: 1 }) });
        expect((await backend.leases.list())[0]?.expiresAt).toEqual(new Date('2030-01-01T00:01:00Z'));
        clock.now = new Date('2030-01-01T00:01:00Z');
        const { tookFrom } = await takeLease(backend.leases, id, { owner: await owner() });
        expect(tookFrom).toMatchObject({ reason: 'expired', token: lease.token });
      });

      test('a clock that jumps forward may cost a holder elsewhere its lease, never a state', async () => {
        const clock = { now: new Date('2030-01-01T00:00:00Z') };
        const backend = await place.open(() => clock.now);
        const { lease } = await takeLease(backend.leases, id, { owner: elsewhere(await owner()) });
        await lease.save({ mode: 'completed', state: wrapped({ by: 'old' }) });
        clock.now = new Date('2030-01-02T00:00:00Z');
        const { lease: next } = await takeLease(backend.leases, id, { owner: await owner() });
        await next.save({ mode: 'completed', state: wrapped({ by: 'new' }) });
        clock.now = new Date('2030-01-01T00:00:00Z');
        expect(await codeFrom(lease.save({ mode: 'completed', state: wrapped({ by: 'old' }) }))).toBe('LEASE_LOST');
        expect((await backend.read(id))?.completed).toEqual(wrapped({ by: 'new' }));
      });

      test('a jump of the wall clock takes no lease from a process that lives on this host', async () => {
        const clock = { now: new Date('2030-01-01T00:00:00Z') };
        const backend = await place.open(() => clock.now);
        const { lease } = await takeLease(backend.leases, id, { owner: await owner() });
        clock.now = new Date('2030-06-01T00:00:00Z');
        expect(await backend.leases.acquire(id, { owner: await owner() })).toMatchObject({ kind: 'held' });
        await lease.save({ mode: 'completed', state: wrapped({ a: 1 }) });
      });

      test('a pid that is in use again by another process is not a living holder', async () => {
        const backend = await place.open();
        const { lease } = await takeLease(backend.leases, id, { owner: { ...(await owner()), pidStart: '1' } });
        const { tookFrom } = await takeLease(backend.leases, id, { owner: await owner() });
        expect(tookFrom).toMatchObject({ reason: 'dead', token: lease.token });
      });
    });

    const whenItCan = canGoAway ? describe : () => undefined;
    whenItCan('a store that goes away', () => {
      test('is an error that says so; nothing is written elsewhere, and the holder goes on when it is back', async () => {
        const { backend, lease } = await leased();
        await lease.save({ mode: 'completed', state: wrapped({ n: 1 }) });
        const gone = await place.away?.();
        const attempts = [
          backend.read(id),
          backend.list(),
          lease.renew(),
          lease.save({ mode: 'completed', state: wrapped({ n: 2 }) }),
        ];
        for (const attempt of await Promise.all(attempts.map(codeFrom))) expect(attempt).not.toBe('LEASE_LOST');
        await gone?.back();
        expect((await backend.read(id))?.completed).toEqual(wrapped({ n: 1 }));
        await lease.renew();
        await lease.save({ mode: 'completed', state: wrapped({ n: 3 }) });
        expect((await backend.read(id))?.completed).toEqual(wrapped({ n: 3 }));
        expect((await backend.versions(id))[0]?.completed).toEqual(wrapped({ n: 3 }));
      });
    });

    describe('projects that share a place', () => {
      const acquire = async (projectId: string | undefined, force = false) => {
        const backend = await place.open();
        const { lease } = await takeLease(backend.leases, id, { owner: await owner(), projectId, force });
        return { backend, lease };
      };
      const ended = async (projectId: string | undefined, force = false) => {
        const { lease } = await acquire(projectId, force);
        await lease.release();
      };

      test('a state ID that another project has run is refused, held or given back', async () => {
        const { lease } = await acquire('ours');
        const held = await errorFrom(acquire('theirs'));
        expect(held).toMatchObject({ code: 'STATE_OF_OTHER_PROJECT', data: { projectId: 'ours', own: 'theirs' } });
        for (const part of [id, 'ours', 'theirs']) expect(held.message).toContain(part);
        expect(held.hint).toContain('--force');
        await lease.release();
        expect(await codeFrom(acquire('theirs'))).toBe('STATE_OF_OTHER_PROJECT');
        await ended('ours');
      });

      test('force makes it the own one, and the other is refused from then on', async () => {
        await ended('ours');
        await ended('theirs', true);
        await ended('theirs');
        expect(await codeFrom(acquire('ours'))).toBe('STATE_OF_OTHER_PROJECT');
      });

      test('who has no project ID is refused nothing, and changes nothing', async () => {
        await ended(undefined);
        await ended('ours');
        await ended(undefined);
        expect(await codeFrom(acquire('theirs'))).toBe('STATE_OF_OTHER_PROJECT');
      });

      test('it stays whose it was when it is released by others, renewed, saved and cleared', async () => {
        const { backend, lease } = await acquire('ours');
        await lease.renew();
        await lease.save({ mode: 'completed', state: wrapped({ a: 1 }) });
        await backend.clear(lease);
        expect((await backend.leases.list())[0]).toMatchObject({ name: id, projectId: 'ours' });
        await backend.leases.releaseHeld(id);
        expect(await codeFrom(acquire('theirs'))).toBe('STATE_OF_OTHER_PROJECT');
      });

      test('of a dead run of another project nothing is taken', async () => {
        const backend = await place.open();
        await takeLease(backend.leases, id, { owner: { ...(await owner()), pidStart: '1' }, projectId: 'ours' });
        expect(await codeFrom(acquire('theirs'))).toBe('STATE_OF_OTHER_PROJECT');
        const { lease } = await acquire('ours');
        await lease.renew();
      });
    });

    describe('processes', () => {
      test('a holder that was killed is replaced at once, and what it had saved is there', async () => {
        const worker = await openedWorker();
        const acquired = await worker.ask({ do: 'acquire', stateId: id });
        expect(acquired.ok).toBe(true);
        expect(await worker.ask({ do: 'save', value: 41 })).toMatchObject({ ok: true, version: 1 });
        await worker.kill();
        const backend = await place.open();
        const { lease, tookFrom } = await takeLease(backend.leases, id, { owner: await owner() });
        expect(tookFrom).toMatchObject({ reason: 'dead', token: acquired.token, owner: { pid: worker.process.pid } });
        expect(lease.token).toBeGreaterThan(acquired.token ?? 0);
        expect((await backend.read(id))?.completed).toEqual({ singer_state: { value: 41 } });
        expect((await lease.save({ mode: 'completed', state: wrapped({ a: 1 }) })).version).toBe(2);
      });

      test('a holder elsewhere that stands still past its end comes back with a stale token, and is refused', async () => {
        const worker = await openedWorker();
        const acquire = { do: 'acquire', stateId: id, elsewhere: true, lifeSeconds: 1 } as const;
        expect(await worker.ask(acquire)).toMatchObject({ ok: true });
        expect(await worker.ask({ do: 'save', value: 1 })).toMatchObject({ ok: true });
        worker.process.kill('SIGSTOP');
        const stale = worker.ask({ do: 'save', value: 2 });
        const backend = await place.open();
        const { lease, tookFrom } = await whenFree(async () =>
          takeLease(backend.leases, id, { owner: await owner(), lifeSeconds: 60 }),
        );
        expect(tookFrom).toMatchObject({ reason: 'expired', owner: { pid: worker.process.pid } });
        await lease.save({ mode: 'completed', state: wrapped({ by: 'new' }) });
        worker.process.kill('SIGCONT');
        expect(await stale).toMatchObject({ ok: false, code: 'LEASE_LOST' });
        expect(await worker.ask({ do: 'renew' })).toMatchObject({ ok: false, code: 'LEASE_LOST' });
        expect((await backend.read(id))?.completed).toEqual(wrapped({ by: 'new' }));
        await lease.save({ mode: 'completed', state: wrapped({ by: 'new again' }) });
      });

      test('a holder on this host that stands still is alive: only force takes its lease, and it is refused then', async () => {
        const worker = await openedWorker();
        await worker.ask({ do: 'acquire', stateId: id });
        worker.process.kill('SIGSTOP');
        const stale = worker.ask({ do: 'save', value: 1 });
        const backend = await place.open();
        expect(await backend.leases.acquire(id, { owner: await owner() })).toMatchObject({ kind: 'held' });
        const { lease } = await takeLease(backend.leases, id, { owner: await owner(), force: true });
        await lease.save({ mode: 'completed', state: wrapped({ by: 'new' }) });
        worker.process.kill('SIGCONT');
        expect(await stale).toMatchObject({ ok: false, code: 'LEASE_LOST' });
        expect((await backend.read(id))?.completed).toEqual(wrapped({ by: 'new' }));
      });

      test('of two who reclaim from a dead one at once, one wins', async () => {
        const [dead, ...heirs] = await Promise.all([openedWorker(), openedWorker(), openedWorker(), openedWorker()]);
        await dead.ask({ do: 'acquire', stateId: id });
        await dead.kill();
        const answers = await Promise.all(heirs.map((heir) => heir.ask({ do: 'acquire', stateId: id })));
        expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
        expect(answers.filter(({ ok }) => !ok).map(({ code }) => code)).toEqual(['LEASE_HELD', 'LEASE_HELD']);
      });

      test('many that are killed while they write leave a whole state behind, never an older one than was acknowledged', async () => {
        let saved = 0;
        for (let round = 0; round < 6; round += 1) {
          const worker = await openedWorker();
          expect(await worker.ask({ do: 'acquire', stateId: id })).toMatchObject({ ok: true });
          for (let n = 0; n < 5; n += 1) {
            const value = saved + 1;
            expect(await worker.ask({ do: 'save', value })).toMatchObject({ ok: true });
            saved = value;
          }
          // This one is on its way when the process dies: it may be there or not.
          void worker.ask({ do: 'save', value: saved + 1 });
          await worker.kill();
          const value = (await (await place.open()).read(id))?.completed.singer_state?.value;
          expect([saved, saved + 1]).toContain(value);
          saved = Number(value);
        }
      });

      test('of 50 processes that start one state ID at once, on a place that nobody has opened before, one wins', {
        timeout: 60_000,
      }, async () => {
        const contenders = await Promise.all(Array.from({ length: 50 }, startWorker));
        const opened = await Promise.all(contenders.map((worker) => worker.ask(place.openInWorker)));
        expect(opened.filter(({ ok }) => !ok)).toEqual([]);
        const answers = await Promise.all(contenders.map((worker) => worker.ask({ do: 'acquire', stateId: id })));
        const winners = contenders.filter((_, index) => answers[index]?.ok);
        expect(winners).toHaveLength(1);
        expect(new Set(answers.filter(({ ok }) => !ok).map(({ code }) => code))).toEqual(new Set(['LEASE_HELD']));
        expect(await winners[0]?.ask({ do: 'save', value: 1 })).toMatchObject({ ok: true, version: 1 });
      });
    });
  });
}

/** Tries until nobody holds it. */
async function whenFree<T>(acquire: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await acquire();
    } catch (error) {
      if (!(error instanceof TaplineError) || error.code !== 'LEASE_HELD') throw error;
    }
  }
}

function wrapped(bookmarks: Record<string, unknown>) {
  return { singer_state: { bookmarks } };
}

function owner(runId: string = randomUUID()): Promise<LeaseOwner> {
  return currentOwner(runId, 'tapline run tap-a target-b');
}

function elsewhere(here: LeaseOwner): LeaseOwner {
  return { ...here, host: 'another-host', bootId: randomUUID() };
}
