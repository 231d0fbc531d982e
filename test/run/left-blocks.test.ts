import { describe, expect, it } from 'vitest';
import type { RunDetail } from '../../src/history/port.js';
import type { Block, Plan, PlanScope } from '../../src/plan/types.js';
import { doneBlocks, planChanges, withoutDone } from '../../src/run/left-blocks.js';
import { plannedBlocks, readRequest, requestOf, requestRow } from '../../src/run/run-request.js';
import type { SecretMask } from '../../src/run/types.js';

const step: PlanScope = { kind: 'step', id: '1', name: 'extract' };
const chain = (id: string, name = 'tap-a target-x', stateId = `dev:${id}`) =>
  ({ kind: 'chain', id, name, stateId, options: {} }) as unknown as Block;
const command = (id: string, name = 'dbt:run') => ({ kind: 'command', id, name, args: [] }) as unknown as Block;
const plan: Plan = {
  words: ['nightly'],
  groups: [{ scope: step, blocks: [chain('1.1'), chain('1.2')] }, { blocks: [command('2')] }, { blocks: [chain('3')] }],
};
const run = (rows: Record<string, string | undefined>, done?: string[]): RunDetail =>
  ({
    blockRows: Object.entries(rows).map(([key, status]) => {
      const [blockId, kind = 'chain'] = key.split(' ');
      return { blockId, kind, status };
    }),
    options: done && { command: 'run', options: {}, blocks: [], done },
  }) as unknown as RunDetail;

const mask = (secret?: string): SecretMask => {
  const text = (value: string) => (secret === undefined ? value : value.replaceAll(secret, '***'));
  return { add: () => [], text, own: text, value: (value) => value };
};

describe('the finished blocks', () => {
  it('are those that succeeded in any run of the family, or were known to be finished', () => {
    const first = run({ '1.1': 'success', '1.2': 'failed', '1 step': 'failed' });
    const second = run({ '1.2': 'success', '2': undefined, '3': 'not_started' }, ['0.9']);
    expect([...doneBlocks([first, second])].sort()).toEqual(['0.9', '1.1', '1.2']);
  });

  it('are no steps, and no blocks that were stopped, skipped, or running when the runner was killed', () => {
    const all = run({ '1 step': 'success', '1.1': 'stopped', '1.2': 'skipped', '2': undefined });
    expect([...doneBlocks([all])]).toEqual([]);
  });

  it('include a block that one of several attempts finished', () => {
    const twice = {
      ...run({}),
      blockRows: [...run({ '3': 'failed' }).blockRows, ...run({ '3': 'success' }).blockRows],
    };
    expect([...doneBlocks([twice])]).toEqual(['3']);
  });
});

describe('the remaining blocks', () => {
  it('keep their numbers, order and steps', () => {
    const left = withoutDone(plan, new Set(['1.1', '2']));
    expect(left.words).toEqual(['nightly']);
    expect(left.groups.map(({ blocks, scope }) => [scope?.name, blocks.map(({ id }) => id)])).toEqual([
      ['extract', ['1.2']],
      [undefined, ['3']],
    ]);
    expect(left.groups[0]?.scope).toBe(step);
  });
});

describe('a plan that has changed', () => {
  const before = plannedBlocks(plan);

  it('has no changes if nothing changed', () => {
    expect(planChanges(before, plannedBlocks(plan), new Set())).toEqual([]);
  });

  it('is described block by block', () => {
    const now = [chain('1.1', 'tap-a target-y'), chain('1.2', 'tap-a target-x', 'prod:1.2'), chain('3'), command('4')];
    expect(planChanges(before, plannedBlocks({ words: [], groups: [{ blocks: now }] }), new Set())).toEqual([
      'block 1.1 (tap-a target-x, state dev:1.1) is now block 1.1 (tap-a target-y, state dev:1.1)',
      'block 1.2 (tap-a target-x, state dev:1.2) is now block 1.2 (tap-a target-x, state prod:1.2)',
      'block 4 (dbt:run) is new',
      'block 2 (dbt:run) is gone',
    ]);
  });
});

describe("a command's arguments", () => {
  const withArgs = (arg: string) => ({ ...command('1'), args: ['--select', arg] }) as Block;
  const blocks = (arg: string) => plannedBlocks({ words: [], groups: [{ blocks: [withArgs(arg)] }] });

  it('may change while the block is unfinished, and make a finished one another command', () => {
    expect(planChanges(blocks('a'), blocks('b'), new Set())).toEqual([]);
    expect(planChanges(blocks('a'), blocks('b'), new Set(['1']))).toEqual([
      'block 1 (dbt:run --select a) is now block 1 (dbt:run --select b)',
    ]);
  });
});

describe('how a run was called', () => {
  const options = { runId: 'r', jobs: 4, install: 'auto', defaults: { fullRefresh: true, force: true } } as const;
  const request = requestOf('run', plan, options, 'daily');

  it('survives its row, except for --force', () => {
    const row = JSON.parse(JSON.stringify(requestRow(request, plan.words, mask()))) as Record<string, unknown>;
    expect(readRequest(row)).toMatchObject({
      command: 'run',
      schedule: 'daily',
      options: { jobs: 4, defaults: { fullRefresh: true } },
      done: [],
    });
    expect(JSON.stringify(row)).not.toContain('force');
  });

  it.each([
    ['a word', 'nightly'],
    ['a state ID', 'dev:1.1'],
  ])('is not kept where %s holds a secret', (_, secret) => {
    const row = requestRow(request, plan.words, mask(secret));
    expect(row).toEqual({ command: 'run', hidden: true });
    expect(readRequest(row)).toEqual({ command: 'run', hidden: true });
  });

  it('is unknown if it is missing or has another form', () => {
    expect(readRequest(undefined)).toBeUndefined();
    expect(readRequest({})).toBeUndefined();
    expect(readRequest({ command: 'run', options: null, blocks: [], done: [] })).toBeUndefined();
    expect(readRequest({ command: 'run', options: {}, done: [] })).toBeUndefined();
  });
});
