/** What the windows of backfills must do on every kind of database. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHistory } from '../../src/history/open.js';
import type { History, NewWindow, WindowRow, WindowsTaken } from '../../src/history/port.js';
import { currentOwner } from '../../src/state/owner.js';
import type { Database } from '../../src/state/systemdb/database.js';
import type { HistoryPlace } from './contract.js';

const stateId = 'dev:tap-x-to-target-x';
const of = { stateId, stream: '*' };
const day = (number: number): NewWindow => {
  const [from, to] = [number, number + 1].map((each) => `2023-01-0${each}T00:00:00Z`);
  return { key: `${from}/${to}`, windowStateId: `${stateId}:backfill+${number}`, from, to };
};

export function windowsContract({ open, close }: HistoryPlace): void {
  let database: Database;
  let history: History;
  let runId: string;
  beforeEach(async () => {
    database = await open();
    history = openHistory(database);
    runId = randomUUID();
    await startRun(runId);
  });
  afterEach(() => close(database));

  async function startRun(id: string, pidStart?: string): Promise<void> {
    const owner = await currentOwner(id);
    const run = { ...owner, words: [], environment: 'dev', trigger: 'cli', startedAt: new Date() };
    await history.startRun({ ...run, pidStart: pidStart ?? owner.pidStart });
  }
  const take = (parts: Partial<WindowsTaken>) =>
    history.windows.take({ ...of, seen: [], runId, add: [], again: [], remove: [], ...parts });
  const list = () => history.windows.list(of);
  const id = (window: NewWindow) => ({ ...of, key: window.key });
  const brief = (rows: readonly WindowRow[]) => rows.map(({ key, status, version }) => [key, status, version]);

  describe('windows', () => {
    test('go from pending over running to their end, and count their versions', async () => {
      expect(await take({ add: [day(1), day(2)] })).toBe(true);
      expect(brief(await list())).toEqual([
        [day(1).key, 'pending', 1],
        [day(2).key, 'pending', 1],
      ]);
      expect(await history.windows.find(id(day(1)))).toEqual({ status: 'pending', attempt: 0 });
      await history.windows.start({ ...of, ...day(1) }, runId);
      expect(await history.windows.find(id(day(1)))).toEqual({ status: 'running', attempt: 1 });
      await history.windows.finish(id(day(1)), runId, {
        status: 'failed',
        recordsLoaded: 2,
        value: '{"a":1}',
        error: { code: 'X' },
      });
      expect((await list())[0]).toMatchObject({
        ...day(1),
        status: 'failed',
        attempt: 1,
        recordsLoaded: 2,
        value: '{"a":1}',
        version: 3,
        error: { code: 'X' },
        runId,
      });
      await history.windows.start({ ...of, ...day(1) }, runId);
      await history.windows.finish(id(day(1)), runId, { status: 'success', recordsLoaded: 3 });
      // What was loaded before its failure counts, and its bookmark stands where there is no newer one.
      expect((await list())[0]).toMatchObject({
        status: 'success',
        attempt: 2,
        recordsLoaded: 5,
        value: '{"a":1}',
        error: undefined,
      });
    });

    test('are not taken by what was decided on older ones', async () => {
      await take({ add: [day(1)] });
      const seen = await list();
      await history.windows.start({ ...of, ...day(1) }, runId);
      expect(await take({ seen, again: [{ key: day(1).key, anew: true }] })).toBe(false);
      expect(await take({ seen: [], add: [day(2)] })).toBe(false);
      expect(brief(await list())).toEqual([[day(1).key, 'running', 2]]);
    });

    test('are begun anew, given away and added in one', async () => {
      await take({ add: [day(1), day(2), day(3)] });
      await history.windows.start({ ...of, ...day(1) }, runId);
      await history.windows.finish(id(day(1)), runId, { status: 'success', recordsLoaded: 2, value: '{}' });
      const again = [
        { key: day(1).key, anew: true },
        { key: day(3).key, anew: false },
      ];
      expect(await take({ seen: await list(), runId: 'next', again, remove: [day(2).key], add: [day(4)] })).toBe(true);
      const rows = await list();
      expect(rows.map(({ key }) => key)).toEqual([day(1).key, day(3).key, day(4).key]);
      expect(rows[0]).toMatchObject({
        status: 'pending',
        attempt: 0,
        recordsLoaded: undefined,
        value: undefined,
        runId: 'next',
      });
    });

    test('are those of their chain and streams only', async () => {
      await take({ add: [day(1)] });
      await take({ stream: 'users', add: [day(1)] });
      await take({ stateId: 'dev:other', add: [day(1)] });
      expect(await list()).toHaveLength(1);
      expect(await history.windows.list({ stateId })).toHaveLength(2);
      expect((await history.windows.list()).map((row) => [row.stateId, row.stream])).toEqual([
        ['dev:other', '*'],
        [stateId, '*'],
        [stateId, 'users'],
      ]);
    });

    test('are held by a run that lives, and dead with one that was killed', async () => {
      const killed = randomUUID();
      await startRun(killed, '1');
      await take({ add: [day(1)] });
      await take({ seen: await list(), runId: killed, add: [day(2), day(3)] });
      await history.windows.start({ ...of, ...day(2) }, killed);
      expect((await list()).map(({ isHeld, status }) => [isHeld, status])).toEqual([
        [true, 'pending'],
        [false, 'dead'],
        [false, 'pending'],
      ]);
      await history.finishRun(runId, 'failed', new Date());
      expect((await list())[0]).toMatchObject({ isHeld: false, status: 'pending' });
    });

    test('are held by a run that is about to start', async () => {
      await take({ runId: randomUUID(), add: [day(1)] });
      expect((await list())[0]).toMatchObject({ isHeld: true });
    });

    test('that somebody removed while they waited are noted when they begin', async () => {
      await history.windows.start({ ...of, ...day(1) }, runId);
      expect((await list())[0]).toMatchObject({ ...day(1), status: 'running', attempt: 1 });
    });

    test('are not ended by a run that has lost them to another', async () => {
      await take({ add: [day(1)] });
      await history.windows.start({ ...of, ...day(1) }, runId);
      await history.windows.start({ ...of, ...day(1) }, 'other');
      await history.windows.finish(id(day(1)), runId, { status: 'failed' });
      expect(await history.windows.find(id(day(1)))).toMatchObject({ status: 'running' });
      await history.windows.finish(id(day(1)), 'other', { status: 'success' });
      expect(await history.windows.find(id(day(1)))).toMatchObject({ status: 'success' });
    });

    test('may be without times, and without an end', async () => {
      const partition = { key: 'region=eu', windowStateId: 'a', from: undefined, to: undefined };
      await take({ add: [partition, { ...day(1), key: 'open', to: undefined }] });
      expect(await list()).toMatchObject([{ key: 'open', to: undefined }, partition]);
    });
  });
}
