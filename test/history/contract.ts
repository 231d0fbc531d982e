/** What the history must do on every kind of database. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHistory } from '../../src/history/open.js';
import type { FinishedBlock, History, NewBlock, NewRun } from '../../src/history/port.js';
import { toMeltanoUtc } from '../../src/state/meltano-time.js';
import { currentOwner, processSpace, processStart } from '../../src/state/owner.js';
import type { Database } from '../../src/state/systemdb/database.js';
import { codeFrom, errorFrom } from '../state/error-from.js';
import { takeLease } from '../state/take-lease.js';

const start = new Date('2026-01-01T00:00:00.000Z');
const end = new Date('2026-01-01T00:00:10.500Z');

/** A fresh database for each test. */
export interface HistoryPlace {
  open(clock?: () => Date): Promise<Database>;
  close(database: Database): Promise<void>;
}

export function historyContract({ open, close }: HistoryPlace): void {
  let database: Database;
  let history: History;
  beforeEach(async () => {
    database = await open();
    history = openHistory(database);
  });
  afterEach(() => close(database));

  describe('runs', () => {
    test('a run with its blocks, processes and streams is shown as it was', async () => {
      const run = await newRun({ words: ['tap-a', 'target-b'], environment: 'dev' });
      await history.startRun(run);
      await history.startBlock(block(run.runId, '1', { kind: 'step', name: 'load' }));
      await history.startBlock(
        block(run.runId, '1.1', {
          parentId: '1',
          stateId: 'dev:a-to-b',
          window: { from: '2026-01-01', to: '2026-02-01' },
        }),
      );
      await history.finishBlock(
        finished(run.runId, '1.1', {
          recordsLoaded: 7,
          error: { code: 'X' },
          exitCodes: { tap: 1 },
          status: 'failed',
          stateVersionAfter: 3,
        }),
      );
      await history.recordStreams([
        { runId: run.runId, blockId: '1.1', stream: 'users', recordsExtracted: 9, recordsLoaded: 7, schemaHash: 'abc' },
      ]);
      await history.finishRun(run.runId, 'failed', end, { code: 'RUN_FAILED' });
      const shown = await history.showRun(run.runId);
      expect(shown).toMatchObject({
        runId: run.runId,
        words: ['tap-a', 'target-b'],
        environment: 'dev',
        status: 'failed',
        durationSeconds: 10.5,
        blocks: 1,
        failedBlocks: 1,
        recordsLoaded: 7,
        error: { code: 'RUN_FAILED' },
        streams: [{ stream: 'users', recordsExtracted: 9, recordsLoaded: 7, schemaHash: 'abc' }],
      });
      expect(shown.blockRows).toMatchObject([
        { blockId: '1', kind: 'step' },
        {
          blockId: '1.1',
          parentId: '1',
          stateId: 'dev:a-to-b',
          window: { from: '2026-01-01', to: '2026-02-01' },
          status: 'failed',
          endedAt: end,
          error: { code: 'X' },
          exitCodes: { tap: 1 },
          stateVersionAfter: 3,
          stateVersionBefore: undefined,
        },
      ]);
      expect(shown.blockRows[0]).not.toHaveProperty('status');
    });

    test('know how they were called and which run they take up, as a family that is found from any of them', async () => {
      const options = { command: 'run', blocks: [{ id: '1' }] };
      const first = await newRun({ runId: 'first', options, projectId: 'p' });
      const second = await newRun({ runId: 'second', retryOf: 'first' });
      const third = await newRun({ runId: 'third', retryOf: 'second' });
      const other = await newRun({ runId: 'other', retryOf: 'first' });
      for (const run of [first, second, third, other, await newRun({ runId: 'stranger' })]) await history.startRun(run);
      expect(await history.showRun('first')).toMatchObject({ options, retryOf: undefined });
      expect(await history.showRun('third')).toMatchObject({ options: undefined, retryOf: 'second' });
      const family = ['first', 'other', 'second', 'third'];
      for (const runId of family) expect((await history.runFamily(runId)).sort()).toEqual(family);
      expect(await history.runFamily('stranger')).toEqual(['stranger']);
      await history.finishRun('first', 'failed', end);
      await history.forgetRuns(['first']);
      expect((await history.runFamily('third')).sort()).toEqual(['second', 'third']);
    });

    test('are listed by environment, and by project where they know theirs', async () => {
      const runs = [
        { runId: 'a', environment: 'dev', projectId: 'p' },
        { runId: 'b', environment: 'prod', projectId: 'p' },
        { runId: 'c', environment: 'dev', projectId: 'q' },
        { runId: 'd', environment: 'dev', projectId: undefined },
      ];
      for (const run of runs) await history.startRun(await newRun(run));
      const listed = async (filter: object) => (await history.listRuns(filter)).map(({ runId }) => runId).sort();
      expect(await listed({ environment: 'dev' })).toEqual(['a', 'c', 'd']);
      expect(await listed({ environment: 'dev', projectId: 'p' })).toEqual(['a', 'd']);
    });

    test('count the streams of all attempts of a block together', async () => {
      const run = await newRun({});
      await history.startRun(run);
      const row = { runId: run.runId, blockId: '1', stream: 'users', recordsExtracted: 9, recordsLoaded: 7 };
      await history.recordStreams([row]);
      await history.recordStreams([{ ...row, recordsExtracted: 2, recordsLoaded: 2 }]);
      const { streams } = await history.showRun(run.runId);
      expect(streams).toMatchObject([{ stream: 'users', recordsExtracted: 11, recordsLoaded: 9 }]);
    });

    test('have streams of any name', async () => {
      const run = await newRun({});
      await history.startRun(run);
      const stream = 'a\0b \u{1F600} \ud800';
      await history.recordStreams([{ runId: run.runId, blockId: '1', stream, recordsExtracted: 1, recordsLoaded: 1 }]);
      expect((await history.showRun(run.runId)).streams).toHaveLength(1);
    });

    test('are found by a unique prefix, and only so', async () => {
      const [one, other] = [await newRun({ runId: 'abc-1' }), await newRun({ runId: 'abc-2' })];
      await history.startRun(one);
      await history.startRun(other);
      expect((await history.showRun('abc-1')).runId).toBe('abc-1');
      for (const unknown of ['abc', 'nothing', '', '%', 'abc_1']) {
        expect(await codeFrom(history.showRun(unknown))).toBe('RUN_UNKNOWN');
      }
      expect((await errorFrom(history.showRun('abc'))).message).toContain('More than one');
    });

    test('are listed newest first, by status, state ID and time', async () => {
      const days = [1, 2, 3, 4];
      for (const day of days) {
        const run = await newRun({ runId: `run-${day}`, startedAt: new Date(`2026-01-0${day}T00:00:00Z`) });
        await history.startRun(run);
        await history.startBlock(block(run.runId, '1', { stateId: day % 2 ? 'odd' : 'even' }));
        await history.finishRun(run.runId, day === 2 ? 'failed' : 'success', end);
      }
      const ids = async (options: Parameters<History['listRuns']>[0]) =>
        (await history.listRuns(options)).map(({ runId }) => runId);
      expect(await ids({})).toEqual(['run-4', 'run-3', 'run-2', 'run-1']);
      expect(await ids({ limit: 2 })).toEqual(['run-4', 'run-3']);
      expect(await ids({ status: 'failed' })).toEqual(['run-2']);
      expect(await ids({ stateId: 'odd' })).toEqual(['run-3', 'run-1']);
      expect(await ids({ stateId: 'odd', since: new Date('2026-01-02T00:00:00Z'), status: 'success' })).toEqual([
        'run-3',
      ]);
    });

    test('one whose process was killed is shown as dead, a living one as running', async () => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      await once(child, 'spawn');
      await history.startRun(await newRun({ runId: 'living' }));
      await history.startRun(await newRun({ runId: 'killed', ...(await processOf(child.pid ?? 0)) }));
      child.kill('SIGKILL');
      await once(child, 'exit');
      expect((await history.showRun('killed')).status).toBe('dead');
      expect((await history.listRuns({ status: 'dead' })).map(({ runId }) => runId)).toEqual(['killed']);
      expect((await history.listRuns({ status: 'running' })).map(({ runId }) => runId)).toEqual(['living']);
      await history.finishRun('killed', 'dead', end);
      expect((await history.listRuns({ status: 'dead', limit: 1 })).map(({ runId }) => runId)).toEqual(['killed']);
    });

    test('one that can not be seen from here is dead when its chains have no heartbeat any more, or after a day', async () => {
      const minutes = (count: number) => new Date(Date.now() - count * 60_000);
      const elsewhere = { host: 'h', bootId: 'another', startedAt: minutes(60) };
      for (const runId of ['no chain', 'fresh', 'stale']) await history.startRun(await newRun({ runId, ...elsewhere }));
      await history.startRun(await newRun({ ...elsewhere, runId: 'yesterday', startedAt: minutes(25 * 60) }));
      for (const [runId, age] of [
        ['fresh', 4],
        ['stale', 6],
      ] as const) {
        const id = await history.meltanoRuns.insert('dev:a-to-b', runId, 'cli');
        await database.write('normal', (transaction) =>
          transaction.run('UPDATE runs SET last_heartbeat_at = ? WHERE id = ?', toMeltanoUtc(minutes(age)), id),
        );
      }
      const ids = async (status: 'dead' | 'running') =>
        (await history.listRuns({ status })).map(({ runId }) => runId).sort();
      expect(await ids('running')).toEqual(['fresh', 'no chain']);
      expect(await ids('dead')).toEqual(['stale', 'yesterday']);
    });

    test('a run ID that is used again begins anew', async () => {
      for (const round of ['first', 'second']) {
        await history.startRun(await newRun({ runId: 'same', words: [round] }));
        await history.startBlock(block('same', '1', {}));
        await history.finishBlock(finished('same', '1', { recordsLoaded: 5 }));
      }
      expect(await history.showRun('same')).toMatchObject({
        words: ['second'],
        blocks: 1,
        recordsLoaded: 5,
        status: 'running',
      });
    });

    test('of a block that was tried again, the last attempt counts as failed or not', async () => {
      await history.startRun(await newRun({ runId: 'r' }));
      for (const attempt of [1, 2]) {
        await history.startBlock(block('r', '1', { attempt }));
        await history.finishBlock(finished('r', '1', { attempt, status: attempt === 1 ? 'failed' : 'success' }));
      }
      expect(await history.showRun('r')).toMatchObject({ blocks: 1, failedBlocks: 0 });
    });
  });

  describe('processes', () => {
    test('without an end are what is left to look after', async () => {
      const mine = await newRun({ runId: 'mine' });
      const others = await newRun({ runId: 'others', pid: 999_999, pidStart: '1' });
      for (const run of [mine, others]) {
        await history.startRun(run);
        for (const pid of [10, 11]) await history.startProcess(processRow(run.runId, pid));
      }
      await history.endProcess('others', 10, 'start-10', null, 'SIGKILL');
      expect((await history.openProcesses()).map(({ runId, pid }) => [runId, pid])).toEqual([['others', 11]]);
      expect((await history.openProcesses('mine')).map(({ pid }) => pid)).toEqual([10, 11]);
      expect((await history.showRun('others')).processes).toMatchObject([
        { pid: 10, exitCode: null, signal: 'SIGKILL', endedAt: expect.any(Date) },
        { pid: 11, exitCode: null, signal: null, endedAt: undefined },
      ]);
    });
  });

  describe('pipelines', () => {
    const pipelineRun = async (
      day: number,
      name: string,
      status: FinishedBlock['status'] | undefined,
      overrides: Partial<NewRun> = {},
    ) => {
      const run = await newRun({ runId: `run-${day}-${name}`, environment: 'dev', ...overrides });
      const startedAt = new Date(`2026-01-0${day}T00:00:00Z`);
      await history.startRun({ ...run, startedAt });
      await history.startBlock(block(run.runId, '1', { kind: 'pipeline', name, startedAt }));
      await history.startBlock(block(run.runId, '1.1', { kind: 'step', name: 'other', startedAt }));
      if (status === undefined) return;
      const endedAt = new Date(`2026-01-0${day}T01:00:00Z`);
      await history.finishBlock(finished(run.runId, '1', { status, endedAt }));
      await history.finishRun(run.runId, 'success', endedAt);
    };
    const last = async (environment: string | undefined = 'dev', projectId: string | undefined = 'mine') =>
      (await history.lastPipelineRuns({ environment, projectId }))
        .map(
          ({ name, status, startedAt, succeededAt }) =>
            `${name} ${startedAt.getUTCDate()} ${status} ${succeededAt?.getUTCDate()}`,
        )
        .sort();

    test('have their last run, and when they last ended well', async () => {
      expect(await last()).toEqual([]);
      await pipelineRun(1, 'nightly', 'success');
      await pipelineRun(2, 'nightly', 'success');
      await pipelineRun(3, 'nightly', 'failed');
      await pipelineRun(1, 'hourly', 'failed');
      expect(await last()).toEqual(['hourly 1 failed undefined', 'nightly 3 failed 2']);
      expect(await history.lastPipelineRuns({ environment: 'dev', projectId: 'mine' })).toContainEqual({
        name: 'nightly',
        runId: 'run-3-nightly',
        status: 'failed',
        startedAt: new Date('2026-01-03T00:00:00Z'),
        endedAt: new Date('2026-01-03T01:00:00Z'),
        succeededAt: new Date('2026-01-02T01:00:00Z'),
      });
    });

    test('of another environment or another project are not theirs', async () => {
      await pipelineRun(1, 'a', 'success', { environment: 'prod' });
      await pipelineRun(1, 'b', 'success', { environment: undefined });
      await pipelineRun(1, 'c', 'success', { projectId: 'other' });
      await pipelineRun(1, 'd', 'success', { projectId: 'mine' });
      expect(await last()).toEqual(['d 1 success 1']);
      expect(await last('prod')).toEqual(['a 1 success 1']);
      expect(await history.lastPipelineRuns({ environment: undefined, projectId: undefined })).toMatchObject([
        { name: 'b' },
      ]);
    });

    test('without an end run, or were killed', async () => {
      const child = spawn(process.execPath, ['-e', '']);
      const space = await processOf(child.pid ?? 0);
      await once(child, 'exit');
      await pipelineRun(1, 'killed', undefined, space);
      await pipelineRun(1, 'living', undefined);
      expect(await last()).toEqual(['killed 1 dead undefined', 'living 1 running undefined']);
    });
  });

  describe('slots', () => {
    test('are leases of their own, apart from those on state IDs', async () => {
      const { lease } = await takeLease(history.slots, 'tap-a#1', { owner: await currentOwner('run') });
      expect(await history.slots.acquire('tap-a#1', { owner: await currentOwner('run') })).toMatchObject({
        kind: 'held',
      });
      expect((await history.slots.list()).map(({ name }) => name)).toEqual(['tap-a#1']);
      await lease.release();
      expect(await history.slots.list()).toEqual([]);
    });
  });
}

async function processOf(pid: number) {
  return { ...(await processSpace()), pid, pidStart: (await processStart(pid)) ?? '' };
}

async function newRun(overrides: Partial<NewRun>): Promise<NewRun> {
  const self = await processOf(process.pid);
  return {
    runId: randomUUID(),
    words: ['x'],
    environment: undefined,
    trigger: 'cli',
    startedAt: start,
    ...self,
    ...overrides,
  };
}

function block(runId: string, blockId: string, overrides: Partial<NewBlock>): NewBlock {
  return {
    runId,
    blockId,
    kind: 'chain',
    name: 'tap-a',
    plugins: ['tap-a'],
    attempt: 1,
    options: {},
    startedAt: start,
    ...overrides,
  };
}

function finished(runId: string, blockId: string, overrides: Partial<FinishedBlock>): FinishedBlock {
  return { runId, blockId, attempt: 1, status: 'success', endedAt: end, ...overrides };
}

function processRow(runId: string, pid: number) {
  const place = { host: 'h', bootId: 'b', pidNamespace: 'n' };
  return {
    runId,
    blockId: '1',
    role: 'tap',
    plugin: 'tap-a',
    pid,
    groupId: pid,
    pidStart: `start-${pid}`,
    startedAt: start,
    ...place,
  };
}
