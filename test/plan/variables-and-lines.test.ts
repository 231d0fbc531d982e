/** Words of a command line that are no names: variables in front, and whole lines. */
import { describe, expect, it } from 'vitest';
import { planRun } from '../../src/plan/plan.js';
import type { Plan } from '../../src/plan/types.js';
import { wordsWithin } from '../../src/plan/words.js';
import { openProject } from '../settings/open-project.js';

const yaml = `
environments: [{name: dev, state_id_suffix: $TEAM}]
plugins:
  extractors:
  - {name: tap-a, namespace: tap_a, executable: ./x}
  - {name: tap-b, inherit_from: tap-a}
  loaders: [{name: target-x, namespace: target_x, executable: ./x}]
  utilities: [{name: dbt, namespace: dbt, executable: ./dbt, commands: {run: run}}]
run_steps:
  load: {env: {TEAM: step}, commands: [tap-a target-x]}
jobs: [{name: both, tasks: [tap-a target-x, tap-b target-x]}]
`;

async function plan(...words: string[]): Promise<Plan> {
  const { project, plugins, settings } = await openProject(yaml, { environment: 'dev', env: { HOST: 'h' } });
  const expandEnv = (text: string) => settings.expand(text, settings.projectEnv());
  return planRun(words, { project, plugins, options: {}, expandSuffix: settings.stateIdSuffix, expandEnv });
}

function blocksOf({ groups }: Plan) {
  return groups.map(({ blocks }) =>
    blocks.map((block) => [block.id, block.name, block.kind === 'chain' ? block.stateId : block.args]),
  );
}

describe('variables in front', () => {
  it('are those of all blocks, expanded once', async () => {
    const { groups } = await plan(
      'TEAM=sales',
      'URL=https://$HOST/${NONE}$1=2',
      'EMPTY=',
      'tap-a',
      'target-x',
      'dbt:run',
    );
    const env = { TEAM: 'sales', URL: 'https://h/$1=2', EMPTY: '' };
    expect(groups.map(({ blocks }) => blocks.map((block) => block.env))).toEqual([[env], [env]]);
    expect(groups[0]?.blocks[0]).toMatchObject({ stateId: 'dev:tap-a-to-target-x:sales' });
  });

  it('give way to those of a step', async () => {
    const { groups } = await plan('TEAM=sales', 'MORE=$HOST', 'load');
    expect(groups[0]?.blocks[0]?.env).toEqual({ TEAM: 'step', MORE: 'h' });
  });

  it('stand in front only', async () => {
    await expect(plan('tap-a', 'target-x', 'TEAM=sales')).rejects.toMatchObject({ code: 'BLOCK_UNKNOWN' });
    await expect(plan('9=1', 'tap-a', 'target-x')).rejects.toMatchObject({ code: 'BLOCK_UNKNOWN' });
  });
});

describe('a word that is a line', () => {
  it('is read as in a run step, with its own options and arguments', async () => {
    const words = [
      'TEAM=t',
      'run tap-a target-x --full-refresh --retries 2',
      'tap-b',
      'target-x',
      "invoke dbt:run --models 'a b'",
      'both',
    ];
    const planned = await plan(...words);
    expect(blocksOf(planned)).toEqual([
      [
        ['1', 'tap-a target-x', 'dev:tap-a-to-target-x:t'],
        ['2', 'tap-b target-x', 'dev:tap-b-to-target-x:t'],
      ],
      [['3', 'dbt:run', ['--models', 'a b']]],
      [
        ['4', 'tap-a target-x', 'dev:tap-a-to-target-x:t'],
        ['5', 'tap-b target-x', 'dev:tap-b-to-target-x:t'],
      ],
    ]);
    const [first, second] = planned.groups[0]?.blocks ?? [];
    expect(first).toMatchObject({ options: { fullRefresh: true }, retry: { retries: 2 } });
    expect(second).toMatchObject({ options: {} });
    expect(second?.retry).toBeUndefined();
  });

  it.each([
    ['invoke tap-a --help', /^In `invoke tap-a --help`: the extractor 'tap-a' can't be invoked/],
    ['run tap-a target-x && true', /^In `run tap-a target-x && true`: /],
    ['tapline --environment=prod run tap-a target-x', /names the environment 'prod', and 'dev' is active/],
  ])('is refused as there: %s', async (word, message) => {
    await expect(plan(word)).rejects.toMatchObject({
      code: 'RUN_STEP_INVALID',
      message: expect.stringMatching(message),
      at: undefined,
    });
  });

  it('names plugins whose definitions are needed', async () => {
    const { project } = await openProject(yaml, { environment: 'dev' });
    expect(wordsWithin(['A=b', 'feature.x-y=1', 'invoke dbt:run x', 'run both'], project)).toEqual([
      'dbt:run',
      'tap-a',
      'target-x',
      'tap-b',
      'target-x',
    ]);
  });
});
