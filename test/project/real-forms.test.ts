import { describe, expect, it } from 'vitest';
import { errorOf, loadFiles } from './project-folder.js';

/** Forms that real project files have, or that the original was seen to take; each loads without a warning unless it says so. */
describe('a project file may have', () => {
  it('a byte order mark, CRLF line ends and a leading ---', async () => {
    const { jobs } = await loadFiles('\ufeff---\r\njobs:\r\n- name: j\r\n  tasks:\r\n  - a b\r\n');
    expect(jobs).toStrictEqual([{ name: 'j', tasks: ['a b'], annotations: {} }]);
  });

  it('anchors, aliases and merge keys', async () => {
    const project = await loadFiles(`x-common: &common {host: a, port: 1}
x-more: &more {port: 2, user: u}
plugins:
  extractors:
  - name: tap-a
    namespace: a
    config:
      <<: [*common, *more]
      host: own
  - name: tap-b
    namespace: b
    config: *common
`);
    const [first, second] = project.pluginEntries.extractors;
    expect(first?.config).toStrictEqual({ host: 'own', port: 1, user: 'u' });
    expect(second?.config).toStrictEqual({ host: 'a', port: 1 });
    expect(project.warnings).toStrictEqual([]);
    expect(project.locate(['plugins', 'extractors', 0, 'config', 'user'])).toMatchObject({ line: 2, col: 31 });
    expect(project.locate(['plugins', 'extractors', 0, 'config', 'host'])).toMatchObject({ line: 9, col: 13 });
  });

  it('custom and standard tags', async () => {
    const { pluginEntries } = await loadFiles(`plugins:
  loaders:
  - name: t
    config: {a: !secret x, b: !!str 12, c: !!int "3", d: !!float 3, e: !!bool "true", f: !!null x, g: !map {h: 1}}
`);
    expect(pluginEntries.loaders[0]?.config).toStrictEqual({
      a: 'x',
      b: '12',
      c: 3,
      d: 3,
      e: true,
      f: null,
      g: { h: 1 },
    });
  });

  it('YAML 1.2 values, dates as ISO text, texts of all styles', async () => {
    const { pluginEntries } = await loadFiles(`plugins:
  extractors:
  - name: tap-a
    namespace: a
    config:
      aqi: no
      zero: 0008
      start_date: 2025-01-01
      at: 12:30:00
      quoted: "017"
      literal: |
        a
        b
      folded: >-
        a
        b
      2024: key
      true: key
      nothing:
    settings: [{name: since, value: 2021-01-01}]
`);
    expect(pluginEntries.extractors[0]).toMatchObject({
      config: {
        aqi: 'no',
        zero: 8,
        start_date: '2025-01-01',
        at: '12:30:00',
        quoted: '017',
        literal: 'a\nb\n',
        folded: 'a b',
        2024: 'key',
        true: 'key',
        nothing: null,
      },
      settings: [{ name: 'since', value: '2021-01-01' }],
    });
  });

  it('versions of Python that would lose a zero as numbers', async () => {
    const { pluginEntries, settings } = await loadFiles(`python: 3.10
plugins:
  utilities: [{name: u, namespace: u, python: 3.10, variant: 1.10}]
`);
    expect(settings.python).toBe('3.10');
    expect(pluginEntries.utilities[0]).toMatchObject({ python: '3.10', variant: '1.10' });
  });

  it('an infinite number: kept as text, with a warning; a long one passes', async () => {
    const project = await loadFiles(
      'plugins: {extractors: [{name: a, namespace: a, config: {id: 10154213456789012, big: .inf}}]}\n',
    );
    expect(project.pluginEntries.extractors[0]?.config).toStrictEqual({ id: 10154213456789012n, big: '.inf' });
    expect(project.warnings.map(({ code, at }) => [code, at?.col])).toStrictEqual([['NUMBER_AS_TEXT', 85]]);
  });

  it.each([
    'plugins:',
    'schedules:',
    'jobs:',
    'environments:',
    'env:',
    'include_paths:',
    'plugins: {extractors: }',
    'annotations:',
    'state_backend:',
  ])('nothing after %s', async (text) => {
    const project = await loadFiles(`${text}\nversion: 1\n`);
    expect(project).toMatchObject({ jobs: [], schedules: [], environments: [], env: {}, warnings: [] });
  });

  it('empty sections inside plugins, environments and schedules', async () => {
    const project = await loadFiles(`plugins:
  transformers: [{name: dbt, namespace: dbt, config: , env: , settings: , commands: , capabilities: }]
environments: [{name: dev, config: , env: }, {name: prod, config: {plugins: }}, {name: qa, config: {plugins: {loaders: }}}]
schedules: [{name: s, interval: '@daily', env: , job: , extractor: a, loader: b, transform: }]
`);
    expect(project.warnings).toStrictEqual([]);
    expect(project.schedules).toStrictEqual([{ name: 's', interval: '@daily', env: {}, extractor: 'a', loader: 'b' }]);
  });

  it.each<[string, unknown]>([
    ['tap-a target-b', ['tap-a target-b']],
    ['[tap-a target-b, dbt:run]', ['tap-a target-b', 'dbt:run']],
    ['[[tap-a, target-b], [a, [b, [c]]], x]', [['tap-a', 'target-b'], ['a', 'b', 'c'], 'x']],
    ['[]', []],
    ['', []],
    ['[a, , b]', ['a', 'b']],
    ['5', ['5']],
  ])('a job whose tasks are %s', async (tasks, read) => {
    const { jobs } = await loadFiles(`jobs:\n- name: j\n  tasks: ${tasks}\n`.replace('[a, , b]', '[a, null, b]'));
    expect(jobs[0]?.tasks).toStrictEqual(read);
  });

  it.each(['@annually', '@none', '@manual', '@once', '0 17 L * *', '0 0 * * * *', '1,2-5 * * * MON', 'bogus'])(
    'a schedule with the interval %s',
    async (interval) => {
      const { schedules } = await loadFiles(`schedules: [{name: s, interval: '${interval}', job: undefined-job}]\n`);
      expect(schedules[0]).toStrictEqual({ name: 's', interval, job: 'undefined-job', env: {} });
    },
  );

  it('schedules with variables, dates and keys of others', async () => {
    const { schedules, warnings } = await loadFiles(`schedules:
- name: s
  extractor: tap-a
  loader: target-b
  transform: skip
  interval: '@daily'
  start_date: 2020-08-05 21:31:00.590586
  env: {A: 1, B: true}
  annotations: {owner: me}
`);
    expect(schedules[0]).toStrictEqual({
      name: 's',
      interval: '@daily',
      extractor: 'tap-a',
      loader: 'target-b',
      transform: 'skip',
      start_date: '2020-08-05T21:31:00.590586',
      env: { A: '1', B: 'True' },
      annotations: { owner: 'me' },
    });
    expect(warnings).toStrictEqual([]);
  });

  it('capabilities of any word on any type, and a $ in patterns', async () => {
    const { pluginEntries, warnings } = await loadFiles(`plugins:
  extractors: [{name: a, namespace: a, capabilities: [record-flattening, xyz], select: ['default$default-User.password*']}]
  loaders: [{name: b, namespace: b, capabilities: [discover, catalog]}]
`);
    expect(pluginEntries.extractors[0]?.select).toStrictEqual(['default$default-User.password*']);
    expect(warnings).toStrictEqual([]);
  });

  it('several requirements, variables and several lines in a pip_url, commands in both forms, paths', async () => {
    const { pluginEntries } = await loadFiles(`plugins:
  utilities:
  - name: dbt
    namespace: dbt
    pip_url: >-
      dbt-core~=1.0
      dbt-duckdb --constraint https://x/\${MELTANO__PYTHON_VERSION}.txt
    executable: ./bin/dbt.sh
    commands: {run: run --models staging.*, test: {args: test, container: false}, build: {args: , executable: x}}
`);
    expect(pluginEntries.utilities[0]).toMatchObject({
      pip_url: 'dbt-core~=1.0 dbt-duckdb --constraint https://x/${MELTANO__PYTHON_VERSION}.txt',
      commands: { run: 'run --models staging.*', test: { args: 'test', container: false }, build: { args: null } },
    });
  });

  it('run steps, pipelines, the map of tapline, and annotations for it', async () => {
    const project = await loadFiles(`run_steps: {nightly: {commands: [tap-a target-b, dbt:run]}}
pipelines: [{id: all, steps: [{run_step: nightly}], after: other}]
tapline: {jobs: 4}
annotations: {tapline: {a: 1}}
jobs: [{name: j, tasks: [], annotations: {tapline: {x: 1}}}]
state_backend.uri: systemdb
elt.buffer_size: 10
`);
    expect(project.settings).toStrictEqual({
      tapline: { jobs: 4 },
      'state_backend.uri': 'systemdb',
      'elt.buffer_size': 10,
    });
    expect(project.runSteps).toMatchObject([{ name: 'nightly', commands: ['tap-a target-b', 'dbt:run'], env: {} }]);
    expect(project.pipelines).toMatchObject([{ id: 'all', steps: ['nightly'], after: ['other'], tags: [] }]);
    expect(project.annotations).toStrictEqual({ tapline: { a: 1 } });
    expect(project.jobs[0]?.annotations).toStrictEqual({ tapline: { x: 1 } });
    expect(project.warnings).toStrictEqual([]);
    expect(project.locate(['state_backend', 'uri'])).toMatchObject({ line: 6, col: 20 });
  });

  it('a project_id or none, and settings of the project', async () => {
    const project = await loadFiles(`version: 1
project_id: 1b1bd3a0-5e5e-4d3b-8a8a-0123456789ab
default_environment: dev
send_anonymous_usage_stats: false
requires_meltano: '>=4'
environments: [{name: dev}]
cli: {log_config: {version: 1}}
`);
    expect(project).toMatchObject({ projectId: '1b1bd3a0-5e5e-4d3b-8a8a-0123456789ab', requiresMeltano: '>=4' });
    expect(Object.keys(project.settings)).toStrictEqual([
      'project_id',
      'default_environment',
      'send_anonymous_usage_stats',
      'cli',
    ]);
    expect((await loadFiles('plugins: {}\n')).projectId).toBeUndefined();
  });
});

describe('an unknown key', () => {
  it('is kept and warned about once, with a guess', async () => {
    const project = await loadFiles(`hooks: {}
enviroments: []
plugins:
  extractors:
  - {name: a, namespace: a, slect: [x], filter_schemas: [y], settings: [{name: s, default: 1}]}
  - {name: b, namespace: b, slect: [x]}
  models: [{name: m}]
  extractor: [{name: c}]
environments: [{name: dev, sufix: x, config: {snowflake: {}, plugins: {loaders: [{name: t, confg: {}}]}}}]
jobs: [{name: j, tasks: [], task: a}]
schedules: [{name: s, interval: '@once', jb: j}]
`);
    expect(project.pluginEntries.extractors[0]).toMatchObject({ slect: ['x'], filter_schemas: ['y'] });
    expect(project.warnings.map(({ message, hint, at }) => [message, hint, at?.line])).toStrictEqual([
      ["The key 'hooks' of the project is not known; it has no effect.", undefined, 1],
      ["The key 'enviroments' of the project is not known; it has no effect.", "Did you mean 'environments'?", 2],
      ["The key 'models' of plugins is not known; its entries are ignored.", undefined, 7],
      ["The key 'extractor' of plugins is not known; its entries are ignored.", "Did you mean 'extractors'?", 8],
      ["The key 'slect' of the extractors is not known; it is kept as an extra.", "Did you mean 'select'?", 5],
      ["The key 'filter_schemas' of the extractors is not known; it is kept as an extra.", undefined, 5],
      ["The key 'default' of a setting is not known; it has no effect.", undefined, 5],
      ["The key 'sufix' of an environment is not known; it has no effect.", undefined, 9],
      ["The key 'snowflake' of an environment's config is not known; it has no effect.", undefined, 9],
      ["The key 'confg' of the loaders is not known; it is kept as an extra.", "Did you mean 'config'?", 9],
      ["The key 'task' of a job is not known; it has no effect.", "Did you mean 'tasks'?", 10],
      ["The key 'jb' of a schedule is not known; it has no effect.", "Did you mean 'job'?", 11],
    ]);
    expect(new Set(project.warnings.map(({ code }) => code))).toStrictEqual(new Set(['KEY_UNKNOWN']));
  });

  it('is not a hint at a secret: its value is not shown', async () => {
    const { warnings } = await loadFiles('plugins: {loaders: [{name: t, namespace: t, passwrd: hunter2}]}\n');
    expect(JSON.stringify(warnings)).not.toContain('hunter2');
  });
});

describe('requires_meltano', () => {
  it.each(['>=4', '>=4.0,<5', '~=4.4', '==4.*', '!=4.4.0', '===4.4.1', '', '<4.5.dev0'])(
    '%j is met',
    async (specifier) => {
      await expect(loadFiles(`requires_meltano: '${specifier}'\n`)).resolves.toBeDefined();
    },
  );

  it.each(['<4', '>=5', '~=3.1', '==4.4.0', '!=4.4.1', '>4.4.1'])(
    '%j is not: PROJECT_REQUIRES, exit 3',
    async (specifier) => {
      const error = await errorOf(loadFiles(`plugins: {}\nrequires_meltano: '${specifier}'\n`));
      expect(error).toMatchObject({ code: 'PROJECT_REQUIRES', exitCode: 3, at: { line: 2, col: 19 } });
      expect(error.message).toContain('4.4.1');
    },
  );

  it('that is not a specifier says so', async () => {
    const error = await errorOf(loadFiles('requires_meltano: four\n'));
    expect(error).toMatchObject({
      code: 'PROJECT_REQUIRES',
      message: expect.stringContaining('not a version specifier'),
    });
  });
});

describe('names that stand twice', () => {
  it('are warned about; the first one counts', async () => {
    const { warnings } = await loadFiles(`jobs: [{name: j, tasks: a}, {name: j, tasks: b}]
plugins: {loaders: [{name: t}, {name: t}]}
`);
    expect(warnings.map(({ code, at }) => [code, at?.line])).toStrictEqual([
      ['NAME_TWICE', 2],
      ['NAME_TWICE', 1],
    ]);
  });
});
