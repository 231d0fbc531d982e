import { beforeEach, describe, expect, it } from 'vitest';
import { type BackfillOptions, checkBackfillOptions, planBackfill } from '../../../src/actions/run/backfill.js';
import { setState } from '../../../src/actions/state/edit.js';
import type { Session } from '../../../src/session/session.js';
import { OpenedProject, yaml } from '../opened-project.js';

const words = ['tap-x', 'target-x'];
const year = { from: '2023-01-01', to: '2024-01-01' };
const settings = 'settings: [{name: start_date}, {name: end_date}]';
const withSettings = yaml.replace('capabilities: [state]', `capabilities: [state], ${settings}`);

let session: Session;
beforeEach(async () => {
  session = await (await OpenedProject.of({ 'meltano.yml': withSettings })).open();
});

const plan = (options: Partial<BackfillOptions>, dryRun = true) =>
  planBackfill(session, { words, ...options, blockOptions: {}, runOptions: { dryRun } });

it.each<[string, Parameters<typeof checkBackfillOptions>[0]]>([
  ['nothing', {}],
  ['no start', { to: '2024-01-01' }],
  ['no end', { from: '2023-01-01' }],
  ['an end, and none', { from: '2023-01-01', to: '2024-01-01', openEnd: true }],
  ['the state of partitions', { partition: ['a=b'], advanceState: true }],
])('refuses %s', (_, options) => {
  expect(() => checkBackfillOptions(options)).toThrow(expect.objectContaining({ code: 'USAGE' }));
});

describe('a plan', () => {
  it('has a block for each window, with a state ID of its own', async () => {
    const { blocks, done } = await plan({ ...year, window: '1mo' });
    expect(done).toBe(0);
    expect(blocks).toHaveLength(12);
    expect(new Set(blocks.map(({ stateId }) => stateId)).size).toBe(12);
  });

  it('creates no database in a dry run', async () => {
    await plan({ ...year, window: '1mo' });
    expect(await session.existingHistory()).toBeUndefined();
  });

  it('notes its windows for `backfill show`', async () => {
    await plan({ ...year, window: '1mo' }, false);
    expect(await (await session.history()).windows.list()).toHaveLength(12);
  });

  it('needs a length, one extractor and one loader', async () => {
    await expect(plan(year)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(plan({ words: ['tap-x'], ...year, window: '7d' })).rejects.toMatchObject({ code: 'BLOCK_ORDER' });
  });

  it('does not advance a state that exists, unless forced', async () => {
    await setState(session, 'dev:tap-x-to-target-x', { singer_state: { id: 1 } });
    const options = { ...year, window: '1y', advanceState: true };
    await expect(plan(options)).rejects.toMatchObject({ code: 'STATE_EXISTS' });
    expect((await plan({ ...options, force: true })).blocks).toHaveLength(1);
  });
});
