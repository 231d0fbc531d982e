import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { History } from '../../src/history/port.js';
import type { PlanScope } from '../../src/plan/types.js';
import { createEmitter } from '../../src/run/emit.js';
import type { BlockStatus, BlockSummary, RunEvent } from '../../src/run/events.js';
import type { RunContext } from '../../src/run/run-context.js';
import { jobsOf, RunSections } from '../../src/run/sections.js';
import { StopControl } from '../../src/run/stop-control.js';

const pipeline: PlanScope = { kind: 'pipeline', id: '1', name: 'nightly' };
const extract: PlanScope = { kind: 'step', id: '1.1', name: 'extract', parent: pipeline };
const transform: PlanScope = { kind: 'step', id: '1.2', name: 'transform', parent: pipeline };
const alone: PlanScope = { kind: 'step', id: '2', name: 'alone' };

const ended = (status: BlockStatus, message?: string) =>
  ({ status, ...(message === undefined ? {} : { error: { code: 'PROCESS_FAILED', message } }) }) as BlockSummary;

function open() {
  const log: string[] = [];
  const rows: Record<string, unknown>[] = [];
  const mask = {
    add: () => [],
    text: (text: string) => text,
    own: (text: string) => text,
    value: <T>(value: T) => value,
  };
  const tell = (event: RunEvent) => {
    if (event.type === 'scope.started') log.push(`start ${event.name}`);
    if (event.type === 'scope.finished') log.push(`${event.status} ${event.name}`);
  };
  const history = {
    startBlock: async () => undefined,
    finishBlock: async (row: Record<string, unknown>) => rows.push(row),
  };
  const stop = new StopControl();
  const context = {
    emitter: createEmitter('r', mask, [tell]),
    notes: { note: (write: (to: History) => Promise<void>) => write(history as unknown as History) },
    owner: { runId: 'r' },
    options: { runId: 'r' },
    stop,
    world: { mask },
  } as unknown as RunContext;
  return { log, rows, stop, sections: new RunSections(context) };
}

describe('the sections of a run', () => {
  it('begin with their first block and end after their last, the inner before the outer', () => {
    const { log, sections } = open();
    sections.enter(extract, true);
    sections.enter(extract, true);
    sections.enter(transform, true);
    sections.enter(undefined, true);
    sections.enter(alone, true);
    sections.leave();
    expect(log).toEqual([
      'start nightly',
      'start extract',
      'success extract',
      'start transform',
      'success transform',
      'success nightly',
      'start alone',
      'success alone',
    ]);
  });

  it('begin again if the same step occurs twice', () => {
    const { log, sections } = open();
    sections.enter({ ...alone }, true);
    sections.enter({ ...alone }, true);
    sections.leave();
    expect(log).toEqual(['start alone', 'success alone', 'start alone', 'success alone']);
  });

  it('have the worst status of their blocks, and its error', () => {
    const { log, rows, sections } = open();
    sections.enter(extract, true);
    sections.note([ended('success'), ended('stopped'), ended('failed', 'it broke'), ended('not_started')]);
    sections.leave();
    expect(log.slice(2)).toEqual(['failed extract', 'failed nightly']);
    expect(rows).toMatchObject([
      { blockId: '1.1', status: 'failed', error: { message: 'it broke' } },
      { blockId: '1', status: 'failed', error: { message: 'it broke' } },
    ]);
  });

  it('are not reported as started if none of their blocks will start, but have a row', () => {
    const { log, rows, sections } = open();
    sections.enter(extract, true);
    sections.note([ended('failed', 'it broke')]);
    sections.enter(transform, false);
    sections.note([ended('not_started')]);
    sections.leave();
    expect(log).toEqual([
      'start nightly',
      'start extract',
      'failed extract',
      'not_started transform',
      'failed nightly',
    ]);
    expect(rows[1]).toMatchObject({ blockId: '1.2', status: 'not_started', error: undefined });
  });

  it('do not start once the run stops', () => {
    const { log, stop, sections } = open();
    stop.request({ reason: 'signal', second: false });
    const control = sections.enter(alone, true);
    sections.note([ended('not_started')]);
    sections.leave();
    expect(control.stopping).toBe(true);
    expect(log).toEqual(['not_started alone']);
  });

  it('stop their blocks when the run stops, and not the run when they stop', () => {
    const { stop, sections } = open();
    const control = sections.enter(extract, true);
    control.request({ reason: 'failure', second: false });
    expect(stop.stopping).toBe(false);
    const next = sections.enter(transform, true);
    expect(next.stopping).toBe(false);
    stop.request({ reason: 'signal', second: false });
    expect(next.stopping).toBe(true);
    sections.leave();
  });
});

describe('the time limit of a step', () => {
  const limited: PlanScope = { ...extract, timeoutSeconds: 0.01 };

  it('stops only its own blocks, and is the error of the step, its pipeline and the run', async () => {
    const { log, rows, stop, sections } = open();
    const control = sections.enter(limited, true);
    await control.stopped();
    expect(control.first?.reason).toBe('timeout');
    sections.note([ended('stopped')]);
    sections.enter(transform, true);
    sections.note([ended('success')]);
    sections.leave();
    expect(stop.stopping).toBe(false);
    expect(log).toEqual([
      'start nightly',
      'start extract',
      'failed extract',
      'start transform',
      'success transform',
      'failed nightly',
    ]);
    const message = "run step 'extract' timed out after 0.01 s";
    expect(sections.failure).toMatchObject({ code: 'RUN_TIMEOUT', message });
    expect(rows.map(({ error }) => (error as { message?: string } | undefined)?.message)).toEqual([
      message,
      undefined,
      message,
    ]);
  });

  it('is not an error if everything was done', async () => {
    const { log, sections } = open();
    await sections.enter(limited, true).stopped();
    sections.note([ended('success')]);
    sections.leave();
    expect(sections.failure).toBeUndefined();
    expect(log.slice(2)).toEqual(['success extract', 'success nightly']);
  });

  it('is not reported for a stop of the run', async () => {
    const { log, stop, sections } = open();
    await sections.enter(limited, true).stopped();
    stop.request({ reason: 'signal', second: false });
    sections.note([ended('stopped')]);
    sections.leave();
    expect(sections.failure).toBeUndefined();
    expect(log.slice(2)).toEqual(['stopped extract', 'stopped nightly']);
  });
});

describe('how many blocks run at once', () => {
  it('is set by the step, then the run, then one per CPU and at least 4; outside of steps one', () => {
    expect(jobsOf({ ...alone, jobs: 3 }, 2)).toBe(3);
    expect(jobsOf(alone, 2)).toBe(2);
    expect(jobsOf(alone, undefined)).toBe(Math.max(4, availableParallelism()));
    expect(jobsOf(undefined, undefined)).toBe(1);
    expect(jobsOf(undefined, 2)).toBe(2);
  });
});
