import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { Task } from '../../../src/export/airflow/dag.js';
import { planRun } from '../../../src/plan/plan.js';
import { splitShellWords } from '../../../src/shell-words.js';
import { openProject } from '../../settings/open-project.js';
import { dagsIn, filesIn, hasPython, type ReadDag, readDag } from './export-dags.js';

const plugins = `
project_id: shop
environments: [{name: prod}]
plugins:
  extractors:
  - {name: tap-salesforce, namespace: tap_salesforce, executable: ./tap}
  - {name: tap-stripe, inherit_from: tap-salesforce}
  - {name: tap-hubspot, inherit_from: tap-salesforce}
  mappers:
  - {name: cleaner, namespace: cleaner, executable: ./map, mappings: [{name: hide-emails, config: {}}]}
  loaders:
  - {name: target-warehouse, namespace: target_warehouse, executable: ./target}
  transformers:
  - {name: dbt, namespace: dbt, executable: ./dbt, commands: {run: run, test: test}}
`;

const everything = `${plugins}
run_steps:
  parallel_extract:
    jobs: 2
    env: {REGION: eu, URL: 'https://$HOST/x'}
    commands:
    - meltano run tap-salesforce target-warehouse
    - meltano run tap-stripe hide-emails target-warehouse --full-refresh --retries 5 --select orders --exclude 'orders.card no'
    - tap-hubspot target-warehouse --state-id-suffix eu
  transform:
    timeout: 30m
    commands:
    - meltano invoke dbt:run --models staging.* marts.*
    - meltano invoke dbt:test --fail-fast
pipelines:
- id: multi-source-parallel
  interval: 0  3 * * *
  timezone: europe/berlin
  retries: 1
  retry_delay: 30s
  max_age_hours: 26
  owner: data-team
  tags: [sales, tapline]
  env: {TEAM: sales, REGION: us}
  steps: [{run_step: parallel_extract}, {run_step: transform}]
- id: report
  after: multi-source-parallel
  steps: [{run_step: transform}]
- id: twice
  interval: '@hourly'
  after: [multi-source-parallel, report]
  steps: [{run_step: parallel_extract}, {run_step: parallel_extract}]
jobs:
- {name: sync, tasks: [tap-salesforce target-warehouse, tap-stripe target-warehouse, tap-stripe target-warehouse, dbt:run]}
- {name: spare, tasks: ['dbt:test']}
schedules:
- {name: nightly, interval: '@daily', job: sync, env: {A: $B}}
- {name: stripe, interval: '@once', extractor: tap-stripe, loader: target-warehouse, transform: run}
`;

describe('the file of', () => {
  test.each(['multi-source-parallel', 'report', 'twice', 'nightly', 'stripe', 'spare'])('%s', async (id) => {
    const files = await filesIn(everything);
    expect([...files.keys()]).toHaveLength(6);
    await expect(files.get(id)).toMatchFileSnapshot(`golden/${id}.py`);
  });

  test.skipIf(!hasPython())('each is Python', async () => {
    const names = ['multi-source-parallel', 'report', 'twice', 'nightly', 'stripe', 'spare'];
    const check = 'import ast, sys; [ast.parse(open(name).read()) for name in sys.argv[1:]]';
    execFileSync('python3', ['-c', check, ...names.map((name) => join(import.meta.dirname, 'golden', `${name}.py`))]);
  });
});

const stepped = (commands: string, step = '') => `${plugins}
run_steps: {first: {commands: ${commands}${step}}}
pipelines: [{id: p, steps: [{run_step: first}]}]`;

/** The words after the program and its folder. */
function wordsOf({ command }: Pick<Task, 'command'>): string[] {
  return splitShellWords(command).slice(3);
}

async function lanesIn(yaml: string): Promise<string[][][]> {
  const [dag] = await dagsIn(yaml);
  return (dag?.groups ?? []).map(({ lanes }) => lanes.map((lane) => lane.map(({ id }) => id)));
}

describe('the order of tasks', () => {
  const chains = '[tap-salesforce target-warehouse, tap-stripe target-warehouse, tap-hubspot target-warehouse]';
  const ids = [
    'tap-salesforce_target-warehouse',
    'tap-stripe_target-warehouse',
    'tap-hubspot_target-warehouse',
  ] as const;

  it('has neighbouring chains side by side', async () => {
    expect(await lanesIn(stepped(chains))).toEqual([ids.map((id) => [id])]);
  });

  it('has as many side by side as the step says', async () => {
    expect(await lanesIn(stepped(chains, ', jobs: 2'))).toEqual([[[ids[0], ids[2]], [ids[1]]]]);
    expect(await lanesIn(stepped(chains, ', jobs: 1'))).toEqual([[[...ids]]]);
  });

  it('never has two of one state ID side by side', async () => {
    const twice = '[tap-salesforce target-warehouse, tap-stripe target-warehouse, tap-salesforce target-warehouse]';
    expect(await lanesIn(stepped(twice))).toEqual([[[ids[0], `${ids[0]}_2`], [ids[1]]]]);
    const apart = '[tap-salesforce target-warehouse, tap-salesforce target-warehouse --state-id-suffix=x]';
    expect(await lanesIn(stepped(apart))).toEqual([[[ids[0]], [`${ids[0]}_2`]]]);
  });

  it('has plugin commands as barriers', async () => {
    const mixed = "[tap-salesforce target-warehouse, 'dbt:run', tap-stripe target-warehouse, 'dbt:test']";
    expect(await lanesIn(stepped(mixed))).toEqual([[[ids[0]]], [['dbt_run']], [[ids[1]]], [['dbt_test']]]);
  });
});

describe('a task', () => {
  it('has the state IDs and options of a local run', async () => {
    const { project, plugins: all } = await openProject(everything, { environment: 'prod' });
    const context = { project, plugins: all, options: {}, expandSuffix: (text: string) => text };
    const local = planRun(['multi-source-parallel'], context).groups.flatMap(({ blocks }) => blocks);
    const [dag] = await dagsIn(everything);
    const tasks = dag?.groups.flatMap(({ lanes }) => lanes.flat()) ?? [];
    const lines = tasks.map((task) => wordsOf(task));
    // Lanes put the third chain behind the first.
    expect(lines.map((words) => words.filter((word) => !/^[A-Z]+=/.test(word)))).toEqual([
      ['run', 'tap-salesforce', 'target-warehouse'],
      ['run', 'tap-hubspot', 'target-warehouse', '--state-id-suffix=eu'],
      [
        'run',
        'tap-stripe',
        'hide-emails',
        'target-warehouse',
        '--full-refresh',
        '--select=orders',
        '--exclude=orders.card no',
      ],
      ['run', "invoke dbt:run --models 'staging.*' 'marts.*'"],
      ['run', 'invoke dbt:test --fail-fast'],
    ]);
    expect(local.flatMap((block) => (block.kind === 'chain' ? [block.stateId] : []))).toEqual([
      'prod:tap-salesforce-to-target-warehouse',
      'prod:tap-stripe-to-target-warehouse',
      'prod:tap-hubspot-to-target-warehouse:eu',
    ]);
  });

  it('has every option that a line can give to a block', async () => {
    const options = '--refresh-catalog --no-state-update --force --state-strategy merge --fail-on-empty';
    const [dag] = await dagsIn(stepped(`['tap-stripe target-warehouse ${options}']`));
    expect(dag?.groups[0]?.lanes[0]?.[0]?.command).toContain(
      'run tap-stripe target-warehouse --refresh-catalog --no-state-update --force --state-strategy=merge --fail-on-empty',
    );
  });

  it('has its variables on its line, as they are: the run expands them, and nothing of the project is stronger there', async () => {
    const [dag] = await dagsIn(
      stepped('[tap-stripe target-warehouse]', ", env: {A: a$b, B: '${C}-x', D: '\\$E', F: '$1'}"),
    );
    const task = dag?.groups[0]?.lanes[0]?.[0];
    const variables = ['A=a$b', 'B=${C}-x', 'D=\\$E', 'F=$1'];
    expect(wordsOf(task as Task)).toEqual(['run', ...variables, 'tap-stripe', 'target-warehouse']);
  });

  it('is refused where its chain can not stand alone', async () => {
    const yaml = stepped('[tap-stripe target-warehouse tap-hubspot cleaner target-warehouse]');
    await expect(dagsIn(yaml)).rejects.toMatchObject({ code: 'BLOCK_ORDER' });
  });
});

describe('clocks', () => {
  const pipeline = (...lines: string[]) =>
    `${plugins}\nrun_steps: {s: {commands: ['dbt:run']}}\npipelines:\n${lines.map((line) => `- {${line}, steps: [{run_step: s}]}\n`).join('')}`;

  it('run a pipeline without an interval when the one before it runs', async () => {
    const yaml = pipeline(
      'id: c, after: [a, b]',
      'id: a',
      "id: b, interval: '5 4 * * *', timezone: Asia/Tokyo",
      "id: d, after: b, interval: '@manual'",
    );
    const dags = await dagsIn(yaml);
    expect(dags.map(({ id, cron, timezone }) => [id, cron, timezone])).toEqual([
      ['c', '5 4 * * *', 'Asia/Tokyo'],
      ['a', null, 'UTC'],
      ['b', '5 4 * * *', 'Asia/Tokyo'],
      ['d', null, 'UTC'],
    ]);
    expect(dags[0]?.sensors).toEqual([
      { taskId: 'wait_for_a', dagId: 'a', cron: null, timezone: 'UTC' },
      { taskId: 'wait_for_b', dagId: 'b', cron: '5 4 * * *', timezone: 'Asia/Tokyo' },
    ]);
  });

  it.each([
    ['a circle', pipeline('id: a, after: b', 'id: b, after: a'), 'PIPELINE_INVALID', /waits for itself/],
    ['an `after` of nothing', pipeline('id: a, after: bb', 'id: b'), 'PIPELINE_INVALID', /'bb', which is not there/],
    ['no cron', pipeline("id: a, interval: '@dayly'"), 'PIPELINE_INVALID', /neither cron nor an alias/],
    ['no zone', pipeline('id: a, timezone: Europe/Berlim'), 'PIPELINE_INVALID', /no time zone 'Europe\/Berlim'/],
    [
      'a schedule of no cron',
      `${plugins}\njobs: [{name: j, tasks: ['dbt:run']}]\nschedules: [{name: s, interval: '* *', job: j}]`,
      'SCHEDULE_INVALID',
      /Schedule 's': Invalid Cron/,
    ],
    [
      'a schedule of no job',
      `${plugins}\nschedules: [{name: s, interval: '@daily', job: j}]`,
      'JOB_UNKNOWN',
      /'j', which does not exist/,
    ],
    [
      'a schedule of nothing',
      `${plugins}\nschedules: [{name: s, interval: '@daily', extractor: tap-stripe}]`,
      'SCHEDULE_INVALID',
      /neither a job/,
    ],
  ])('of %s are refused with their place', async (_, yaml, code, message) => {
    const error = await dagsIn(yaml).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message), at: { line: expect.any(Number) } });
  });
});

describe('names', () => {
  const jobs = (...names: string[]) =>
    `${plugins}\njobs:\n${names.map((name) => `- {name: ${JSON.stringify(name)}, tasks: ['dbt:run']}\n`).join('')}`;

  it('are what Airflow and file systems take, and stay different', async () => {
    const hostile = [
      '../x',
      'a b',
      'a_b',
      'a:b',
      '.hidden',
      'größe',
      '-x',
      "it's",
      'x'.repeat(300),
      'A_B',
      '{{ ds }}',
      '\u0000\n"""',
    ];
    const ids = (await dagsIn(jobs(...hostile))).map(({ id }) => id);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9][\w.-]{0,120}$/);
    expect(new Set(ids.map((id) => id.toLowerCase())).size).toBe(hostile.length);
    expect(ids).toContain('a_b');
    expect((await dagsIn(jobs(...hostile))).map(({ id }) => id)).toEqual(ids);
  });

  it('tell a job from a schedule of the same name, and two projects by a prefix', async () => {
    const yaml = `${jobs('nightly', 'other')}schedules: [{name: nightly, interval: '@daily', job: other}]`;
    expect((await dagsIn(yaml)).map(({ id, kind }) => [id, kind])).toEqual([
      ['nightly', 'schedule'],
      ['job-nightly', 'job'],
    ]);
    expect((await dagsIn(yaml, { prefix: 'shop-' })).map(({ id }) => id)).toEqual(['shop-nightly', 'shop-job-nightly']);
  });

  it('that are asked for and not there are told with what is near', async () => {
    expect((await dagsIn(jobs('a', 'nightly'), { names: ['nightly'] })).map(({ id }) => id)).toEqual(['nightly']);
    await expect(dagsIn(jobs('nightly'), { names: ['nightli'] })).rejects.toMatchObject({
      code: 'PIPELINE_UNKNOWN',
      hint: expect.stringContaining("'nightly'"),
    });
  });
});

describe.skipIf(!hasPython())('what Python reads', () => {
  const values = [
    '{{ ds }}',
    '{% raw %}',
    '{#',
    'it\'s "q"',
    'a\nb\\n\t',
    'run.sh',
    '""" + x',
    'ü😀\u2028',
    '$(touch /tmp/no)',
    '\\',
    '`id`',
    '%s',
    '\u007f',
  ];

  const read = async (yaml: string, program?: readonly string[]): Promise<ReadDag> => {
    const [file = ''] = (await filesIn(yaml, program === undefined ? {} : { program })).values();
    return readDag(file);
  };

  const printedBy = (task: ReadDag['tasks'][number] | undefined) =>
    execFileSync('bash', ['-c', task?.bash_command ?? ''], { encoding: 'utf8', env: {} }).split('\0');

  it.each(values)('is the variable as it was written: %j', async (value) => {
    const yaml = stepped('[tap-stripe target-warehouse]', `, env: {X: ${JSON.stringify(value)}}`);
    const { tasks } = await read(yaml, ['/usr/bin/printf', '%s\\0']);
    expect(printedBy(tasks[0])[2]).toBe(`X=${value}`);
  });

  it.each(values.filter((value) => !/[$`\n]/.test(value)))('is the argument as it was written: %j', async (value) => {
    const word = `'${value.replaceAll("'", "'\\''")}'`;
    const yaml = stepped(`[${JSON.stringify(`invoke dbt:run --vars ${word}`)}]`);
    // bash gives the words to a program, which prints them with a zero after each.
    const { tasks } = await read(yaml, ['/usr/bin/printf', '%s\\0']);
    const [folder, run, line = ''] = printedBy(tasks[0]);
    expect([folder, run]).toEqual(['--cwd=/opt/the project', 'run']);
    expect(splitShellWords(line)).toEqual(['invoke', 'dbt:run', '--vars', value]);
  });

  it('is not a template, and replaces nothing of the environment but what it names', async () => {
    const { tasks, dag } = await read(stepped('[tap-stripe target-warehouse]'));
    expect(tasks).toMatchObject([
      {
        class: 'TaplineOperator',
        append_env: true,
        env: { MELTANO_ENVIRONMENT: 'prod', MELTANO_JOB_TRIGGER: 'airflow' },
      },
    ]);
    expect(dag).toMatchObject({
      schedule: null,
      catchup: false,
      max_active_runs: 1,
      default_args: { retries: 2, retry_delay: 300 },
    });
    const [file] = (await filesIn(stepped('[tap-stripe target-warehouse]'))).values();
    expect(file).toContain('    template_fields = ()\n    template_ext = ()\n');
  });

  it('puts a task of nothing between several and several', async () => {
    const files = await filesIn(everything);
    const { links } = await readDag(files.get('twice') ?? '');
    const lanes = [
      ['tap-salesforce_target-warehouse', 'tap-stripe_hide-emails_target-warehouse'],
      ['tap-hubspot_target-warehouse', 'tap-stripe_hide-emails_target-warehouse'],
    ];
    expect(links).toContainEqual([['wait_for_multi_source_parallel', 'wait_for_report'], ['join_1']]);
    expect(links).toContainEqual([['join_1'], lanes[0]]);
    expect(links).toContainEqual([lanes[1], ['join_2']]);
    expect(links).toContainEqual([['tap-salesforce_target-warehouse'], ['tap-hubspot_target-warehouse']]);
  });

  it('has no two tasks or groups of one name, whatever steps are named', async () => {
    const chains = 'commands: [tap-stripe target-warehouse, tap-hubspot target-warehouse]';
    const yaml = `${plugins}
run_steps: {join_1: {${chains}}, a.b: {${chains}}, a_b: {${chains}}, wait_for_up: {${chains}}}
pipelines:
- {id: down, after: up, steps: [{run_step: join_1}, {run_step: a.b}, {run_step: a_b}, {run_step: wait_for_up}]}
- {id: up, interval: '@daily', steps: [{run_step: a_b}]}`;
    const file = (await filesIn(yaml)).get('down') ?? '';
    const ids = [
      ...file.matchAll(
        /^ {4}(?: {4})?(?:\w+ = EmptyOperator\(task_id=| {4}task_id=|with TaskGroup\(group_id=)"(.+?)"/gm,
      ),
    ];
    const outside = ids.map(([, id = '']) => id).filter((id) => !id.startsWith('tap-'));
    expect(outside).toEqual(['wait_for_up', 'join_1_2', 'join_2', 'join_3', 'join_1', 'a_b', 'a_b_2', 'wait_for_up_2']);
    expect((await readDag(file)).links.flat()).toContainEqual(['join_1_2']);
  });

  it('is a DAG without tasks for a job without any', async () => {
    const { tasks, dag } = await read(`${plugins}\njobs: [{name: none, tasks: []}]`);
    expect([tasks, dag.dag_id]).toEqual([[], 'none']);
  });
});
