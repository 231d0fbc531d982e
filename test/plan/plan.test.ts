import { describe, expect, test } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import { pluginsOfPlan } from '../../src/plan/block-plugins.js';
import { planRun } from '../../src/plan/plan.js';
import type { BlockOptions, Plan } from '../../src/plan/types.js';
import { openProject } from '../settings/open-project.js';

const yaml = `environments:
- name: dev
- name: prod
  state_id_suffix: nightly_$TEAM
plugins:
  extractors:
  - {name: tap-csv, namespace: tap_csv, executable: ./x}
  - {name: tap-rest, namespace: tap_rest, executable: ./x}
  loaders:
  - {name: target-sqlite, namespace: target_sqlite, executable: ./x}
  mappers:
  - name: cleaner
    namespace: cleaner
    executable: ./x
    mappings: [{name: hide-email, config: {}}, {name: twice, config: {}}]
  - name: other
    namespace: other
    executable: ./x
    mappings: [{name: twice, config: {}}]
  utilities:
  - name: dbt
    namespace: dbt
    executable: ./dbt
    commands: {run: run, test: test}
  files:
  - {name: files-x, namespace: files_x}
jobs:
- name: nightly
  tasks:
  - tap-csv target-sqlite
  - [tap-rest hide-email, target-sqlite]
  - dbt:run
- name: faulty
  tasks:
  - tap-csv target-sqlite
  - tap-csv tap-rest
- name: nested
  tasks: [nightly]
`;

async function open(environment: string | undefined = 'dev') {
  const opened = await openProject(yaml, { environment, env: { TEAM: 'a' } });
  const { project, plugins, settings } = opened;
  const context = (options: BlockOptions = {}) => ({
    project,
    plugins,
    options,
    expandSuffix: (text: string, tap: Parameters<typeof settings.stateIdSuffix>[1]) =>
      settings.stateIdSuffix(text, tap),
  });
  return {
    project,
    context,
    plan: (words: string, options: BlockOptions = {}) => planRun(words.split(' '), context(options)),
  };
}

function groupsOf(plan: Plan): string[][] {
  return plan.groups.map(({ blocks }) => blocks.map(({ id, name }) => `${id} ${name}`));
}

describe('groups', () => {
  test('neighbouring chains form one, each plugin command is one by itself', async () => {
    const { plan } = await open();
    const words = 'tap-csv target-sqlite tap-rest target-sqlite dbt:run dbt:test tap-csv target-sqlite';
    expect(groupsOf(plan(words))).toEqual([
      ['1 tap-csv target-sqlite', '2 tap-rest target-sqlite'],
      ['3 dbt:run'],
      ['4 dbt:test'],
      ['5 tap-csv target-sqlite'],
    ]);
  });

  test('a job is its tasks in place; its blocks know where they stand', async () => {
    const { plan } = await open();
    const made = plan('dbt:test nightly');
    expect(groupsOf(made)).toEqual([
      ['1 dbt:test'],
      ['2 tap-csv target-sqlite', '3 tap-rest hide-email target-sqlite'],
      ['4 dbt:run'],
    ]);
    const blocks = made.groups.flatMap((group) => group.blocks);
    expect(blocks.map(({ at }) => at?.line)).toEqual([undefined, 30, 31, 32]);
  });

  test('no words, no blocks', async () => {
    const { context } = await open();
    expect(planRun([], context()).groups).toEqual([]);
  });

  test('each plugin once, mappings included', async () => {
    const { plan } = await open();
    const names = pluginsOfPlan(plan('nightly tap-csv target-sqlite')).map(({ name }) => name);
    expect(names).toEqual(['tap-csv', 'target-sqlite', 'tap-rest', 'cleaner', 'dbt']);
  });
});

describe('state IDs', () => {
  test.each<[string, BlockOptions, string | undefined]>([
    ['dev', {}, 'dev:tap-csv-to-target-sqlite'],
    ['dev', { stateIdSuffix: 'mine' }, 'dev:tap-csv-to-target-sqlite:mine'],
    ['prod', {}, 'prod:tap-csv-to-target-sqlite:nightly_a'],
    ['prod', { stateIdSuffix: '$TEAM' }, 'prod:tap-csv-to-target-sqlite:$TEAM'],
    ['prod', { stateIdSuffix: '' }, 'prod:tap-csv-to-target-sqlite:nightly_a'],
  ])('in %s with %j: %s', async (environment, options, stateId) => {
    const { plan } = await open(environment);
    expect(plan('tap-csv target-sqlite', options).groups[0]?.blocks[0]).toMatchObject({ stateId });
  });

  test('none without an environment', async () => {
    const opened = await openProject(yaml);
    const { project, plugins } = opened;
    const made = planRun(['tap-csv', 'target-sqlite'], { project, plugins, options: {}, expandSuffix: (text) => text });
    expect(made.groups[0]?.blocks[0]).toMatchObject({ stateId: undefined });
  });

  test('mappings do not count', async () => {
    const { plan } = await open();
    expect(plan('tap-csv hide-email target-sqlite').groups[0]?.blocks[0]).toMatchObject({
      stateId: 'dev:tap-csv-to-target-sqlite',
    });
  });
});

describe('what is refused, before anything runs', () => {
  test.each([
    ['nope', 'BLOCK_UNKNOWN', /Block 'nope' not found/, /meltano\.yml/],
    ['tap-cvs target-sqlite', 'BLOCK_UNKNOWN', /tap-cvs/, /Did you mean 'tap-csv' \(.*meltano\.yml:7:5\)\?/],
    ['tap-csv hide-emial target-sqlite', 'BLOCK_UNKNOWN', /hide-emial/, /'hide-email'/],
    ['nightyl', 'BLOCK_UNKNOWN', /nightyl/, /'nightly' \(.*meltano\.yml:28:/],
    ['dtb:run', 'BLOCK_UNKNOWN', /dtb:run/, /'dbt:run'/],
    ['a:b:c', 'BLOCK_UNKNOWN', /a:b:c/, /./],
    ['nested', 'BLOCK_UNKNOWN', /'nightly' not found: a job in the tasks of a job.*in the job 'nested'/, /./],
    [
      'tap-csv twice target-sqlite',
      'BLOCK_AMBIGUOUS',
      /'twice' is used more than once: by 'cleaner'.* and 'other'/,
      /./,
    ],
    [
      'dbt:rnu',
      'PLUGIN_COMMAND_UNKNOWN',
      /'rnu' could not be found\. Utility 'dbt' supports the following commands: run, test/,
      /'dbt:run'/,
    ],
    ['files-x', 'PLUGIN_NOT_INVOKABLE', /file bundle/i, /./],
    ['tap-csv', 'BLOCK_ORDER', /Loader missing in block set/, /tap-csv target-/],
    ['tap-csv hide-email', 'BLOCK_ORDER', /Loader missing in block set/, /./],
    ['target-sqlite tap-csv', 'BLOCK_ORDER', /index 1, starting block 'target-sqlite'/, /Order: extractor/],
    ['hide-email target-sqlite', 'BLOCK_ORDER', /index 1, starting block 'hide-email': the mapping/, /./],
    [
      'dbt:run tap-csv dbt:test target-sqlite',
      'BLOCK_ORDER',
      /index 2, starting block 'tap-csv'.*not the utility 'dbt'/,
      /./,
    ],
    [
      'tap-csv cleaner target-sqlite',
      'BLOCK_ORDER',
      /mappings name not the mapper plugin name: cleaner/,
      /'hide-email', 'twice'/,
    ],
  ])('%s', async (words, code, message, hint) => {
    const { plan } = await open();
    const error = errorOf(() => plan(words));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  test('in a job, with its place', async () => {
    const { plan } = await open();
    expect(errorOf(() => plan('faulty'))).toMatchObject({
      code: 'BLOCK_ORDER',
      message: expect.stringContaining("in the job 'faulty'") as string,
      at: { line: 36 },
    });
  });

  test('a suffix with a colon', async () => {
    const { plan } = await open();
    expect(errorOf(() => plan('tap-csv target-sqlite', { stateIdSuffix: 'a:b' }))).toMatchObject({
      code: 'STATE_ID_INVALID',
    });
  });

  test('a name of a job and a plugin, where a job names it', async () => {
    const clash = yaml.replace(
      '- name: nested\n  tasks: [nightly]',
      '- name: tap-csv\n  tasks: [tap-csv target-sqlite]',
    );
    const { project, plugins } = await openProject(clash, { environment: 'dev' });
    const plan = () => planRun(['tap-csv'], { project, plugins, options: {}, expandSuffix: (text) => text });
    expect(errorOf(plan)).toMatchObject({ code: 'BLOCK_AMBIGUOUS' });
  });
});

describe('what runs otherwise than its words say is warned about', () => {
  test('a command inside a chain', async () => {
    const { plan } = await open();
    expect(plan('tap-csv:foo target-sqlite').warnings).toMatchObject([
      { message: expect.stringContaining("'foo'") as string },
    ]);
  });

  test('a mapper without a mapping in a later chain, which the original lets pass', async () => {
    const { plan } = await open();
    const made = plan('tap-csv target-sqlite tap-csv cleaner target-sqlite');
    expect(made.warnings).toMatchObject([{ message: expect.stringContaining("'cleaner'") as string }]);
    expect(plan('tap-csv target-sqlite').warnings).toEqual([]);
  });
});

function errorOf(make: () => unknown): TaplineError {
  try {
    make();
  } catch (error) {
    if (error instanceof TaplineError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
