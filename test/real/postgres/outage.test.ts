/** A server that goes away in the middle: nothing is lost, and nothing is done twice. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHistory } from '../../../src/history/open.js';
import { currentOwner } from '../../../src/state/owner.js';
import type { Database } from '../../../src/state/systemdb/database.js';
import { openSystemDatabase } from '../../../src/state/systemdb/open.js';
import { SystemdbStateBackend } from '../../../src/state/systemdb/state-backend.js';
import { codeFrom, errorFrom } from '../../state/error-from.js';
import { takeLease } from '../../state/take-lease.js';
import { hasPostgres, type OwnSchema, ownSchema } from '../postgres.js';
import { ServerProxy } from './proxy.js';

const isThere = await hasPostgres();
const stateId = 'dev:tap-a-to-target-b';
const runId = '01a20390-bed5-7b53-98ac-8cbb8f1f02f3';

let schema: OwnSchema;
let proxy: ServerProxy;
const opened: Database[] = [];

beforeEach(async () => {
  if (!isThere) return;
  [schema, proxy] = await Promise.all([ownSchema(), ServerProxy.open()]);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
  if (!isThere) return;
  await Promise.all([schema.drop(), proxy.close()]);
});

async function open(options: { lockedSeconds?: number; retries?: number; options?: string } = {}): Promise<Database> {
  const { lockedSeconds = 10, retries = 0 } = options;
  const uri = schema.uriBy(proxy.place) + (options.options ?? '');
  const connecting = { retries, seconds: 0 };
  const database = await openSystemDatabase({ uri, cwd: '/', lockedSeconds, connecting });
  opened.push(database);
  return database;
}

const acquire = async (database: Database) =>
  (await takeLease(new SystemdbStateBackend(database).leases, stateId, { owner: await currentOwner(runId) })).lease;

describe.skipIf(!isThere)('a connection that breaks', () => {
  // At the begin, in the middle, and around the commit, which is where nobody can tell without asking.
  const cuts = [
    { at: 'BEGIN', where: 'before' },
    { at: 'BEGIN', where: 'after' },
    { at: 'INSERT INTO', where: 'before' },
    { at: 'INSERT INTO', where: 'after' },
    { at: 'COMMIT', where: 'before' },
    { at: 'COMMIT', where: 'after' },
  ] as const;

  test.each(cuts)('$where $at: a row is inserted once', async (cut) => {
    const { meltanoRuns } = openHistory(await open());
    proxy.cutOnce(cut);
    const id = await meltanoRuns.insert(stateId, runId, 'cli');
    expect((await meltanoRuns.list({})).map((run) => run.id)).toEqual([id]);
    expect(proxy.connections).toBeGreaterThan(1);
  });

  test.each(cuts)('$where $at: a state is saved once, and is one version', async (cut) => {
    const database = await open();
    const lease = await acquire(database);
    await lease.save({ mode: 'completed', state: { singer_state: { n: 1 } } });
    proxy.cutOnce(cut);
    await lease.save({ mode: 'partial', state: { singer_state: { n: 2 } } });
    const backend = new SystemdbStateBackend(database);
    expect((await backend.versions(stateId)).map(({ version }) => version)).toEqual([2, 1]);
    expect(await backend.read(stateId)).toMatchObject({ version: 2, partial: { singer_state: { n: 2 } } });
  });

  test.each(cuts.filter(({ at }) => at !== 'INSERT INTO'))('$where $at: a lease is taken by one', async (cut) => {
    const database = await open();
    proxy.cutOnce(cut);
    const lease = await acquire(database);
    await lease.renew();
    expect(await codeFrom(acquire(database))).toBe('LEASE_HELD');
  });

  test('while nothing is asked of it is replaced, and the program lives', async () => {
    const database = await open();
    const backend = new SystemdbStateBackend(database);
    await Promise.all([backend.list(), backend.list(), backend.list()]);
    proxy.goAway();
    proxy.comeBack();
    expect(await backend.list()).toEqual([]);
  });
});

describe.skipIf(!isThere)('a server that is away', () => {
  test('is waited for: what was asked of it is done when it is back', async () => {
    const database = await open();
    const lease = await acquire(database);
    proxy.goAway();
    const before = proxy.connections;
    const saved = lease.save({ mode: 'completed', state: { singer_state: { n: 1 } } });
    await new Promise<void>((resolve) => {
      const look = () => (proxy.connections > before + 1 ? resolve() : setImmediate(look));
      look();
    });
    proxy.comeBack();
    expect(await saved).toMatchObject({ version: 1 });
  });

  test('for too long is said to be so, to each who waits, and the lease goes on when it is back', async () => {
    const database = await open({ lockedSeconds: 0.2 });
    const lease = await acquire(database);
    proxy.goAway();
    const save = (n: number) => lease.save({ mode: 'completed', state: { singer_state: { n } } });
    const errors = await Promise.all(Array.from({ length: 20 }, (_, n) => errorFrom(save(n))));
    for (const error of errors) expect(error.code).toBe('DATABASE_UNREACHABLE');
    expect(await codeFrom(new SystemdbStateBackend(database).list())).toBe('DATABASE_UNREACHABLE');
    proxy.comeBack();
    expect(await save(99)).toMatchObject({ version: 1 });
  });

  test('and then hangs keeps nobody waiting for each of its connections', async () => {
    // Without a limit of its own.
    const database = await open({ lockedSeconds: 0.2, options: '&connect_timeout=0' });
    const backend = new SystemdbStateBackend(database);
    proxy.goAway();
    expect(await codeFrom(backend.list())).toBe('DATABASE_UNREACHABLE');
    proxy.fallSilent();
    for (let n = 0; n < 2; n += 1) expect(await codeFrom(backend.list())).toBe('DATABASE_UNREACHABLE');
    proxy.comeBack();
    expect(await backend.list()).toEqual([]);
  });

  test('at first is tried again as often as the settings say', async () => {
    proxy.goAway();
    expect(await codeFrom(open({ retries: 3 }))).toBe('DATABASE_UNREACHABLE');
    // With TLS, then without.
    expect(proxy.connections).toBeGreaterThanOrEqual(4);
  });
});

describe.skipIf(!isThere)('writes', () => {
  test('of many at once, here and in another program, each see what the others did', async () => {
    const [one, other] = [await open(), await open()];
    await one.write('normal', (transaction) =>
      transaction.run("INSERT INTO state (state_id, completed_state) VALUES ('counter', '0')"),
    );
    const count = (database: Database) =>
      database.write('normal', async (transaction) => {
        const row = await transaction.get("SELECT completed_state AS n FROM state WHERE state_id = 'counter'");
        await transaction.run(
          "UPDATE state SET completed_state = ? WHERE state_id = 'counter'",
          String(Number(row?.n) + 1),
        );
      });
    await Promise.all(Array.from({ length: 100 }, (_, n) => count(n % 2 ? one : other)));
    expect(await schema.sql("SELECT completed_state FROM state WHERE state_id = 'counter'")).toEqual([['100']]);
  });

  test('of an exception leave nothing, and the next one works', async () => {
    const database = await open();
    const failing = database.write('full', async (transaction) => {
      await transaction.run("INSERT INTO state (state_id) VALUES ('x')");
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    const backend = new SystemdbStateBackend(database);
    expect(await backend.list()).toEqual([]);
    await expect(database.read((transaction) => transaction.all('SELECT nothing'))).rejects.toThrow('nothing');
    expect(await backend.list()).toEqual([]);
  });
});
