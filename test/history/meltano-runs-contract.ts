/** Our rows in the original's table, and its own, on every kind of database. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHistory } from '../../src/history/open.js';
import type { History } from '../../src/history/port.js';
import { processSpace, processStart } from '../../src/state/owner.js';
import type { Database, SqlRow, Transaction } from '../../src/state/systemdb/database.js';
import type { HistoryPlace } from './contract.js';

const stateId = 'dev:tap-a-to-target-b';
const runId = '01a20390-bed5-7b53-98ac-8cbb8f1f02f3';

export function meltanoRunsContract({ open, close }: HistoryPlace): void {
  const clock = { now: new Date() };

  let database: Database;
  let history: History;
  beforeEach(async () => {
    clock.now = new Date('2026-03-04T05:06:07.089Z');
    database = await open(() => clock.now);
    history = openHistory(database);
  });
  afterEach(() => close(database));

  function pass(minutes: number): void {
    clock.now = new Date(clock.now.getTime() + minutes * 60_000);
  }

  async function row(id: number): Promise<SqlRow | undefined> {
    const found = await database.read((transaction) => transaction.get('SELECT * FROM runs WHERE id = ?', id));
    return found && sameInAll(found);
  }

  /** PostgreSQL has types for times and UUIDs, and shows them in its own way. */
  function sameInAll(found: SqlRow): SqlRow {
    const shown = Object.entries(found).map(([name, value]) => {
      if (typeof value !== 'string') return [name, value];
      if (name === 'run_id') return [name, value.replaceAll('-', '')];
      return [name, name.endsWith('_at') ? value.padEnd('2026-03-04 05:06:07.089000'.length, '0') : value];
    });
    return Object.fromEntries(shown);
  }

  describe('the original', () => {
    const ours = async (id: string) => {
      const run = { host: 'h', pid: 1, pidStart: '1', bootId: 'b', pidNamespace: 'n' };
      await history.startRun({
        ...run,
        runId: id,
        words: [],
        environment: 'dev',
        trigger: 'cli',
        startedAt: clock.now,
      });
    };

    test('is about where one of the last runs was its own, for a week', async () => {
      expect(await history.meltanoRuns.isMeltanoAbout()).toBe(false);
      await ours(runId);
      await history.meltanoRuns.finish(await history.meltanoRuns.insert(stateId, runId, 'cli'), 'SUCCESS');
      await history.meltanoRuns.stateEdit(stateId, {}, 'completed');
      expect(await history.meltanoRuns.isMeltanoAbout()).toBe(false);
      await history.meltanoRuns.insert('dev:other', '11a20390-bed5-7b53-98ac-8cbb8f1f02f3', 'cli');
      expect(await history.meltanoRuns.isMeltanoAbout()).toBe(true);
      pass(8 * 24 * 60);
      expect(await history.meltanoRuns.isMeltanoAbout()).toBe(false);
    });

    test('is seen when it begins after a row of ours, other runs of ours are not', async () => {
      const { meltanoRuns } = history;
      await meltanoRuns.insert(stateId, '01a20390-bed5-7b53-98ac-8cbb8f1f0200', 'cli');
      const id = await meltanoRuns.insert(stateId, runId, 'cli');
      const another = '01a20390-bed5-7b53-98ac-8cbb8f1f0201';
      await ours(another);
      await meltanoRuns.insert(stateId, another, 'cli');
      await meltanoRuns.insert('dev:other', '01a20390-bed5-7b53-98ac-8cbb8f1f0202', 'cli');
      expect(await meltanoRuns.meltanoAfter(stateId, id)).toEqual([]);
      const theirs = await meltanoRuns.insert(stateId, '01a20390-bed5-7b53-98ac-8cbb8f1f0203', 'cli');
      expect(await meltanoRuns.meltanoAfter(stateId, id)).toMatchObject([{ id: theirs }]);
      pass(6);
      expect(await meltanoRuns.meltanoAfter(stateId, id)).toEqual([]);
    });

    test('ends a row of ours: the next heartbeat tells', async () => {
      const id = await history.meltanoRuns.insert(stateId, runId, 'cli');
      expect(await history.meltanoRuns.heartbeat(id)).toBe(true);
      await history.meltanoRuns.finish(id, 'FAIL');
      expect(await history.meltanoRuns.heartbeat(id)).toBe(false);
    });
  });

  describe('a row of ours', () => {
    test('is what the original writes for a run', async () => {
      const id = await history.meltanoRuns.insert(stateId, runId, 'cli');
      expect(await row(id)).toEqual({
        id,
        job_name: stateId,
        state: 'RUNNING',
        started_at: '2026-03-04 05:06:07.089000',
        ended_at: null,
        payload: '{}',
        payload_flags: 0,
        run_id: '01a20390bed57b5398ac8cbb8f1f02f3',
        trigger: 'cli',
        last_heartbeat_at: '2026-03-04 05:06:07.089000',
      });
      pass(1);
      await history.meltanoRuns.checkpoint(id, { bookmarks: { ü: 18446744073709551615n } }, 'completed');
      pass(1);
      await history.meltanoRuns.finish(id, 'SUCCESS');
      expect(await row(id)).toMatchObject({
        state: 'SUCCESS',
        payload: '{"singer_state": {"bookmarks": {"\\u00fc": 18446744073709551615}}}',
        payload_flags: 1,
        last_heartbeat_at: '2026-03-04 05:07:07.089000',
        ended_at: '2026-03-04 05:08:07.089000',
      });
    });

    test('keeps the state of its last checkpoint beside the error', async () => {
      const id = await history.meltanoRuns.insert(stateId, runId, 'cli');
      await history.meltanoRuns.checkpoint(id, { a: 1 }, 'partial');
      await history.meltanoRuns.finish(id, 'FAIL', 'Loader failed');
      expect(await row(id)).toMatchObject({
        state: 'FAIL',
        payload: '{"singer_state": {"a": 1}, "error": "Loader failed"}',
        payload_flags: 2,
      });
    });

    test('has a run ID that the original can read, whatever the run is called', async () => {
      const id = await history.meltanoRuns.insert(stateId, 'scheduled__2026-01-01', 'airflow');
      expect((await row(id))?.run_id).toMatch(/^[0-9a-f]{32}$/);
    });

    test('of an edit is ended at once', async () => {
      await history.meltanoRuns.stateEdit(stateId, { a: 1 }, 'completed');
      const [edit] = await history.meltanoRuns.list({ jobName: stateId });
      expect(edit).toMatchObject({
        state: 'STATE_EDIT',
        payload: { singer_state: { a: 1 } },
        endedAt: clock.now,
        lastHeartbeatAt: undefined,
      });
      expect(await history.meltanoRuns.living(stateId)).toEqual([]);
    });
  });

  describe('rows of the original', () => {
    /** The original has its numbers from the sequence, which these are put past. */
    const skipNumbers = async (transaction: Transaction) => {
      if (database.dialect === 'postgres')
        await transaction.get("SELECT setval('job_id_seq', (SELECT MAX(id) FROM runs))");
    };

    async function theirs(values: {
      id: number;
      started?: string;
      heartbeat?: string | null;
      state?: string;
    }): Promise<void> {
      await database.write('normal', async (transaction) => {
        await transaction.run(
          `INSERT INTO runs (id, job_name, run_id, state, started_at, last_heartbeat_at, payload, payload_flags)
         VALUES (?, ?, ?, ?, ?, ?, '{"singer_state": {"kept": 1}}', 1)`,
          values.id,
          stateId,
          '0'.repeat(32),
          values.state ?? 'RUNNING',
          values.started ?? '2026-03-04 05:00:00.000000',
          values.heartbeat === undefined ? '2026-03-04 05:06:00.123456' : values.heartbeat,
        );
        await skipNumbers(transaction);
      });
    }

    test('with a fresh heartbeat are living, for their state ID, save the one excepted', async () => {
      await theirs({ id: 1 });
      await theirs({ id: 2, state: 'SUCCESS' });
      const ours = await history.meltanoRuns.insert(stateId, runId, 'cli');
      expect((await history.meltanoRuns.living(stateId)).map(({ id }) => id)).toEqual([1, ours]);
      expect((await history.meltanoRuns.living(stateId, ours)).map(({ id }) => id)).toEqual([1]);
      expect(await history.meltanoRuns.living('dev:other')).toEqual([]);
      expect(await history.meltanoRuns.sweepStale(stateId)).toEqual([]);
    });

    test('without a heartbeat for five minutes are failed, with the reason the original gives', async () => {
      await theirs({ id: 1 });
      pass(4);
      expect(await history.meltanoRuns.sweepStale(stateId)).toEqual([]);
      pass(1);
      expect(await history.meltanoRuns.living(stateId)).toEqual([]);
      expect(await history.meltanoRuns.sweepStale('dev:other')).toEqual([]);
      expect(await history.meltanoRuns.sweepStale()).toMatchObject([{ id: 1, state: 'FAIL' }]);
      expect(await row(1)).toMatchObject({
        state: 'FAIL',
        ended_at: '2026-03-04 05:11:07.089000',
        payload:
          '{"singer_state": {"kept": 1}, "error": "No heartbeat recorded for 5 minutes. The process was likely killed unceremoniously."}',
      });
    });

    test('that never had a heartbeat are believed for 24 hours', async () => {
      await theirs({ id: 1, heartbeat: null, started: '2026-03-04 05:06:07.000000' });
      pass(24 * 60);
      expect(await history.meltanoRuns.living(stateId)).toEqual([]);
      clock.now = new Date(clock.now.getTime() - 1000);
      expect(await history.meltanoRuns.living(stateId)).toHaveLength(1);
    });

    test('as they were recorded are read', async () => {
      const dump = await readFile(
        join(import.meta.dirname, '../../fixtures/meltano-4.4.1/system-database.sql'),
        'utf8',
      );
      const inserts = dump.split('\n').filter((line) => line.startsWith('INSERT INTO "runs"'));
      await database.write('normal', async (transaction) => {
        for (const insert of inserts) await transaction.run(insert.replace(/;$/, ''));
      });
      const runs = await history.meltanoRuns.list({ jobName: 'dev:tap-fake-to-target-fake', limit: 10 });
      expect(runs.map(({ id, state }) => [id, state])).toEqual([
        [5, 'STATE_EDIT'],
        [4, 'SUCCESS'],
        [2, 'STATE_EDIT'],
        [1, 'SUCCESS'],
      ]);
      expect(runs[3]).toMatchObject({
        runId: '01a20390-bed5-7b53-98ac-8cbb8f1f02f3',
        startedAt: new Date('2026-11-22T14:02:27.462Z'),
        payload: { singer_state: { bookmarks: { users: { lsn: 18446744073709551615n } } } },
      });
    });
  });

  describe('rows of our own runs', () => {
    test('whose process is gone are dead at once, and are failed by the sweep', async () => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      await once(child, 'spawn');
      const pid = child.pid ?? 0;
      const identity = { ...(await processSpace()), pid, pidStart: (await processStart(pid)) ?? '' };
      await history.startRun({
        runId,
        words: [],
        environment: 'dev',
        trigger: 'cli',
        startedAt: clock.now,
        ...identity,
      });
      const id = await history.meltanoRuns.insert(stateId, runId, 'cli');
      expect(await history.meltanoRuns.living(stateId)).toHaveLength(1);
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect(await history.meltanoRuns.living(stateId)).toEqual([]);
      expect(await history.meltanoRuns.sweepStale(stateId)).toMatchObject([{ id, state: 'FAIL' }]);
      expect((await row(id))?.payload).toContain('Its process is gone');
      const [run] = await database.read((transaction) => transaction.all('SELECT status, ended_at FROM tapline_runs'));
      expect(run).toEqual({ status: 'dead', ended_at: clock.now.toISOString() });
    });

    test('that are known to have ended are not living, though nobody ended their row', async () => {
      await history.startRun({
        runId,
        words: [],
        environment: 'dev',
        trigger: 'cli',
        startedAt: clock.now,
        host: 'h',
        pid: 1,
        pidStart: '1',
        bootId: 'elsewhere',
      });
      await history.meltanoRuns.insert(stateId, runId, 'cli');
      expect(await history.meltanoRuns.living(stateId)).toHaveLength(1);
      await history.finishRun(runId, 'dead', clock.now);
      expect(await history.meltanoRuns.living(stateId)).toEqual([]);
    });
  });
}
