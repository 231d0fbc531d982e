/** Run steps and pipelines as plans. */
import { describe, expect, test } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { drawPlan } from '../../src/plan/draw.js';
import { planRun, planWords } from '../../src/plan/plan.js';
import type { Block, BlockOptions, Plan } from '../../src/plan/types.js';
import { openProject } from '../settings/open-project.js';

const plugins = `environments:
- name: dev
- name: prod
  state_id_suffix: for_$TENANT
plugins:
  extractors:
  - {name: tap-salesforce, namespace: tap_salesforce, executable: ./x}
  - {name: tap-stripe, namespace: tap_stripe, executable: ./x}
  - {name: tap-hubspot, namespace: tap_hubspot, executable: ./x}
  loaders:
  - {name: target-warehouse, namespace: target_warehouse, executable: ./x}
  mappers:
  - {name: cleaner, namespace: cleaner, executable: ./x, mappings: [{name: hide-email, config: {}}]}
  transformers:
  - {name: dbt, namespace: dbt, executable: ./dbt, commands: {run: run, test: test}}
jobs:
- {name: nightly, tasks: [tap-stripe target-warehouse, "dbt:test"]}
`;

/** As the issue that asks for it has it. */
const asked = `${plugins}run_steps:
  parallel_extract:
    commands:
      - meltano run tap-salesforce target-warehouse
      - meltano run tap-stripe target-warehouse
      - tap-hubspot target-warehouse          # a bare line is a run
  transform:
    commands:
      - meltano invoke dbt:run --models staging.* marts.*
      - meltano invoke dbt:test --fail-fast
pipelines:
  - id: multi-source-parallel
    steps:
      - run_step: parallel_extract
      - run_step: transform
`;

const step = (name: string, ...lines: string[]) =>
  `${plugins}run_steps:\n  ${name}:\n    commands:\n${lines.map((line) => `    - ${JSON.stringify(line)}\n`).join('')}`;

async function open(yaml: string, environment: string | undefined = 'dev') {
  const { project, plugins, settings } = await openProject(yaml, {
    environment,
    env: { TENANT: 'acme', REGION: 'eu' },
  });
  const context = (options: BlockOptions = {}) => ({
    project,
    plugins,
    options,
    expandSuffix: settings.stateIdSuffix,
    expandEnv: (text: string) => settings.expand(text, settings.projectEnv()),
  });
  return {
    project,
    context,
    plan: (words: string, options?: BlockOptions) => planRun(words.split(' '), context(options)),
  };
}

const blocksOf = (plan: Plan): Block[] => plan.groups.flatMap(({ blocks }) => blocks);
const drawn = (plan: Plan) => drawPlan(plan, (scope) => scope?.jobs ?? 4).join('\n');

async function refused(yaml: string, words: string, environment?: string): Promise<TaplineError> {
  const { plan } = await open(yaml, environment);
  try {
    plan(words);
  } catch (error) {
    if (error instanceof TaplineError) return error;
    throw error;
  }
  throw new Error('There was no error.');
}

describe('a pipeline', () => {
  test('is its steps in order: chains side by side at once, commands one by one', async () => {
    const { plan } = await open(asked);
    expect(drawn(plan('multi-source-parallel'))).toBe(
      `pipeline multi-source-parallel
├─ step parallel_extract
│  └─ all at once
│     ├─ tap-salesforce target-warehouse (state dev:tap-salesforce-to-target-warehouse)
│     ├─ tap-stripe target-warehouse (state dev:tap-stripe-to-target-warehouse)
│     └─ tap-hubspot target-warehouse (state dev:tap-hubspot-to-target-warehouse)
└─ step transform
   ├─ dbt:run --models staging.* marts.*
   └─ dbt:test --fail-fast`,
    );
  });

  test('numbers its blocks by step, and each knows its place', async () => {
    const { plan } = await open(asked);
    const made = plan('dbt:test multi-source-parallel tap-stripe target-warehouse transform');
    expect(blocksOf(made).map(({ id, name }) => `${id} ${name}`)).toEqual([
      '1 dbt:test',
      '2.1.1 tap-salesforce target-warehouse',
      '2.1.2 tap-stripe target-warehouse',
      '2.1.3 tap-hubspot target-warehouse',
      '2.2.1 dbt:run',
      '2.2.2 dbt:test',
      '3 tap-stripe target-warehouse',
      '4.1 dbt:run',
      '4.2 dbt:test',
    ]);
    const block = blocksOf(made)[3];
    expect(block?.at).toMatchObject({ line: 23, col: 9 });
    expect(block?.scope).toMatchObject({
      kind: 'step',
      id: '2.1',
      name: 'parallel_extract',
      at: { line: 19 },
      parent: { kind: 'pipeline', id: '2', name: 'multi-source-parallel', at: { line: 29 } },
    });
    expect(made.groups.map(({ scope }) => scope?.id)).toEqual([undefined, '2.1', '2.2', '2.2', undefined, '4', '4']);
  });

  test('may have a step twice, and be named twice', async () => {
    const { plan } = await open(asked.replace('run_step: transform', 'run_step: parallel_extract'));
    const ids = blocksOf(plan('multi-source-parallel multi-source-parallel')).map(({ id }) => id);
    expect(ids).toHaveLength(12);
    expect(new Set(ids).size).toBe(12);
  });

  test('hands its variables and retries to its blocks; the step and the line have the last word', async () => {
    const yaml = `${step('s', 'tap-stripe target-warehouse --retries 5', 'dbt:run')}    env: {B: step, C: $REGION-c}
pipelines:
- {id: p, steps: [{run_step: s}], env: {A: pipeline, B: pipeline}, retries: 2, retry_delay: 5m}
`;
    const { plan } = await open(yaml);
    expect(blocksOf(plan('p'))).toMatchObject([
      { env: { A: 'pipeline', B: 'step', C: 'eu-c' }, retry: { retries: 5, delaySeconds: 300 } },
      { env: { A: 'pipeline', B: 'step', C: 'eu-c' }, retry: { retries: 2, delaySeconds: 300 } },
    ]);
    expect(blocksOf(plan('s'))).toMatchObject([{ env: { B: 'step' }, retry: { retries: 5 } }, { env: { B: 'step' } }]);
  });
});

describe('a run step', () => {
  test('has one group over its lines, cut by commands', async () => {
    const { plan } = await open(
      step(
        's',
        'tap-stripe target-warehouse tap-hubspot hide-email target-warehouse',
        'nightly',
        'tap-salesforce target-warehouse',
      ),
    );
    expect(plan('s').groups.map(({ blocks }) => blocks.map(({ id, name }) => `${id} ${name}`))).toEqual([
      [
        '1.1 tap-stripe target-warehouse',
        '1.2 tap-hubspot hide-email target-warehouse',
        '1.3 tap-stripe target-warehouse',
      ],
      ['1.4 dbt:test'],
      ['1.5 tap-salesforce target-warehouse'],
    ]);
  });

  test('gives its scope what it says', async () => {
    const yaml = `${step('s', 'dbt:run')}    jobs: 1
    run_dir: work/$REGION
    timeout: 30m
`;
    const { plan } = await open(yaml);
    expect(plan('s').groups[0]?.scope).toMatchObject({ jobs: 1, runDir: 'work/eu', timeoutSeconds: 1800 });
  });

  test('a line has its own options; the command line fills the rest', async () => {
    const { plan } = await open(
      step('s', 'run --full-refresh tap-stripe target-warehouse', 'tap-stripe target-warehouse --state-id-suffix b'),
    );
    expect(blocksOf(plan('s', { noStateUpdate: true, stateIdSuffix: 'a', stateStrategy: 'merge' }))).toMatchObject([
      {
        stateId: 'dev:tap-stripe-to-target-warehouse:a',
        options: { fullRefresh: true, noStateUpdate: true, stateStrategy: 'merge' },
      },
      { stateId: 'dev:tap-stripe-to-target-warehouse:b', options: { noStateUpdate: true, stateStrategy: 'merge' } },
    ]);
    expect(blocksOf(plan('s'))[1]).not.toHaveProperty('options.fullRefresh');
  });

  test('the variables of a step reach the suffix of its state IDs', async () => {
    const yaml = `${step('s', 'tap-stripe target-warehouse')}    env: {TENANT: other}\n`;
    const { plan } = await open(yaml, 'prod');
    expect(blocksOf(plan('s'))).toMatchObject([{ stateId: 'prod:tap-stripe-to-target-warehouse:for_other' }]);
    expect(blocksOf(plan('tap-stripe target-warehouse'))).toMatchObject([
      { stateId: 'prod:tap-stripe-to-target-warehouse:for_acme' },
    ]);
  });

  test('what invoke runs need not be a command of the plugin', async () => {
    const { plan } = await open(step('s', 'invoke dbt deps --upgrade'));
    expect(blocksOf(plan('s'))).toMatchObject([
      { kind: 'command', name: 'dbt', command: undefined, args: ['deps', '--upgrade'] },
    ]);
  });

  test('warns of variables that no shell puts in', async () => {
    const { plan } = await open(step('s', 'tap-stripe target-warehouse --state-id-suffix $TENANT'));
    const made = plan('s');
    expect(blocksOf(made)).toMatchObject([{ stateId: 'dev:tap-stripe-to-target-warehouse:$TENANT' }]);
    expect(made.warnings).toMatchObject([
      { code: 'VARIABLE_UNEXPANDED', message: expect.stringContaining('$TENANT stays as it stands'), at: { line: 21 } },
    ]);
  });

  test('takes the environment that is active, in each form of a line', async () => {
    const yaml = step('s', 'meltano --environment=dev run tap-stripe target-warehouse', 'dbt:run --environment dev');
    const { plan } = await open(yaml);
    expect(blocksOf(plan('s'))).toHaveLength(2);
    expect(await refused(yaml, 's', 'prod')).toMatchObject({
      code: 'RUN_STEP_INVALID',
      message: expect.stringContaining("It names the environment 'dev', and 'prod' is active"),
      at: { line: 21 },
    });
  });
});

describe('what is refused', () => {
  test.each<[string, string, string, string]>([
    ['tap-stripe target-warehouse && dbt:run', 'RUN_STEP_INVALID', '`&&` is for a shell', 'one command per item'],
    ['tap-stripe target-warehose', 'BLOCK_UNKNOWN', "'target-warehose' not found", "'target-warehouse'"],
    ['tap-stripe', 'BLOCK_ORDER', 'Loader missing', 'Name a loader'],
    ['dbt:rnu', 'PLUGIN_COMMAND_UNKNOWN', "'rnu'", "'dbt:run'"],
    ['invoke tap-stripe', 'RUN_STEP_INVALID', "the extractor 'tap-stripe' can't be invoked", 'with a loader'],
    ['invoke hide-email', 'RUN_STEP_INVALID', "the mapping 'hide-email' can't be invoked", 'with a loader'],
    ['invoke nightly', 'RUN_STEP_INVALID', "'nightly' is a job", '`run nightly`'],
    ['s', 'BLOCK_UNKNOWN', 'a run step is not allowed in a line of a run step', 'Pipelines put run steps in order'],
    ['run p', 'BLOCK_UNKNOWN', 'a pipeline is not allowed in a line of a run step', '`tapline run`'],
    ['nightli', 'BLOCK_UNKNOWN', 'no plugin, mapping or job has this name', "'nightly'"],
    ['', 'RUN_STEP_INVALID', 'The line is empty', 'Write what is to run'],
  ])('the line %j', async (line, code, message, hint) => {
    const yaml = `${step('s', line)}pipelines: [{id: p, steps: [{run_step: s}]}]\n`;
    const error = await refused(yaml, 's');
    expect(error).toMatchObject({ code, at: { line: 21, col: 7 } });
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
    expect((await refused(yaml, 'p')).message).toBe(error.message);
  });

  test('a run step or a pipeline in the tasks of a job', async () => {
    const yaml = step('s', 'dbt:run').replace('jobs:\n', 'jobs:\n- {name: outer, tasks: [s]}\n');
    const error = await refused(yaml, 'outer');
    expect(error).toMatchObject({ code: 'BLOCK_UNKNOWN', at: { line: 17 } });
    expect(error.message).toContain("a run step is not allowed in the tasks of a job (in the job 'outer')");
  });

  test.each([
    ['multi-source-paralel', "Did you mean 'multi-source-parallel' ("],
    ['transfrom', "Did you mean 'transform' ("],
  ])('%s, which is nothing', async (word, hint) => {
    const error = await refused(asked, word);
    expect(error.message).toBe(
      `Block '${word}' not found: no plugin, mapping, job, run step or pipeline has this name.`,
    );
    expect(error.hint).toContain(hint);
  });

  test('a step between a tap and its target', async () => {
    expect(await refused(asked, 'tap-stripe transform target-warehouse')).toMatchObject({ code: 'BLOCK_ORDER' });
  });

  test('an interval of a pipeline that runs, and of no other', async () => {
    const { context } = await open(`${asked}    interval: every day\n`);
    await expect(planWords(['multi-source-parallel'], context())).rejects.toMatchObject({
      code: 'PIPELINE_INVALID',
      message: "The interval 'every day' of the pipeline 'multi-source-parallel' is neither cron nor an alias.",
      at: { line: 33, col: 15 },
    });
    await expect(planWords(['transform'], context())).resolves.toMatchObject({ words: ['transform'] });
  });
});
