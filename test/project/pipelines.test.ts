import { describe, expect, it } from 'vitest';
import { loadProject } from '../../src/project/load.js';
import { errorOf, loadFiles, makeFolder } from './project-folder.js';

const asked = `run_steps:
  parallel_extract:
    commands:
      - meltano run tap-salesforce target-warehouse
      - tap-hubspot target-warehouse          # a bare line is a run
  transform:
    commands:
      - meltano invoke dbt:run --models staging.* marts.*
pipelines:
  - id: multi-source-parallel
    steps:
      - run_step: parallel_extract
      - run_step: transform
`;

describe('run steps and pipelines', () => {
  it('are read as they are written', async () => {
    const { runSteps, pipelines, warnings } = await loadFiles(asked);
    expect(warnings).toEqual([]);
    expect(runSteps.map(({ name, commands }) => [name, commands])).toEqual([
      ['parallel_extract', ['meltano run tap-salesforce target-warehouse', 'tap-hubspot target-warehouse']],
      ['transform', ['meltano invoke dbt:run --models staging.* marts.*']],
    ]);
    expect(pipelines).toMatchObject([{ id: 'multi-source-parallel', steps: ['parallel_extract', 'transform'] }]);
  });

  it('have all that can be said of them', async () => {
    const { runSteps, pipelines, warnings } = await loadFiles(`run_steps:
  s: {commands: [a b], jobs: 2, run_dir: work, env: {A: 1, B: true, C: null, D: [1]}, timeout: 30m, annotations: {x: 1}}
pipelines:
- {id: p.1, steps: [{run_step: s}], interval: 0 3 * * *, timezone: Europe/Berlin, retries: 2, retry_delay: 300,
   max_age_hours: 26.5, env: {A: x}, after: q, owner: data, tags: [a, b], annotations: {x: 1}}
`);
    expect(warnings).toEqual([]);
    expect(runSteps).toEqual([
      {
        name: 's',
        commands: ['a b'],
        jobs: 2,
        runDir: 'work',
        env: { A: '1', B: 'true', D: '[1]' },
        timeout: '30m',
      },
    ]);
    expect(pipelines).toEqual([
      {
        id: 'p.1',
        steps: ['s'],
        interval: '0 3 * * *',
        timezone: 'Europe/Berlin',
        retries: 2,
        retryDelay: 300,
        maxAgeHours: 26.5,
        env: { A: 'x' },
        after: ['q'],
        owner: 'data',
        tags: ['a', 'b'],
      },
    ]);
  });

  it('are none where they are empty or missing', async () => {
    for (const yaml of ['plugins: {}\n', 'run_steps:\npipelines:\n', 'run_steps: {}\npipelines: []\n'])
      expect(await loadFiles(yaml)).toMatchObject({ runSteps: [], pipelines: [] });
    const { runSteps, pipelines } = await loadFiles('run_steps: {s: {commands: }}\npipelines: [{id: p, steps: }]\n');
    expect([runSteps[0]?.commands, pipelines[0]?.steps]).toEqual([[], []]);
  });

  it('are the same from the cache, and kept as they are written for what prints the project', async () => {
    const cwd = makeFolder({ 'meltano.yml': asked });
    const first = await loadProject({ cwd, env: {} });
    const second = await loadProject({ cwd, env: {} });
    expect(second.runSteps).toEqual(first.runSteps);
    expect(second.written).toEqual(first.written);
    expect(second.written).toMatchObject({
      pipelines: [
        { id: 'multi-source-parallel', steps: [{ run_step: 'parallel_extract' }, { run_step: 'transform' }] },
      ],
    });
    expect(Object.keys(second.written)).toEqual(['run_steps', 'pipelines']);
    expect(second.settings).toEqual({});
    expect((await loadFiles('plugins: {}\n')).written).toEqual({});
  });

  it('may stand in included files, a run step in one file only', async () => {
    const files = {
      'meltano.yml': 'include_paths: [more/*.yml]\nrun_steps: {a: {commands: [x]}}\npipelines: [{id: p, steps: []}]\n',
      'more/1.yml': 'run_steps: {b: {commands: [y]}}\npipelines: [{id: q, steps: [{run_step: b}]}]\n',
    };
    const project = await loadFiles(files);
    expect(project.runSteps.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(project.pipelines.map(({ id }) => id)).toEqual(['p', 'q']);
    expect(project.locate(['run_steps', 'b', 'commands', 0])).toMatchObject({
      file: expect.stringMatching(/more\/1\.yml$/),
      line: 1,
    });
    for (const name of ['a', 'b']) {
      const more = { ...files, 'more/2.yml': `run_steps: {${name}: {commands: [z]}}\n` };
      expect(await errorOf(loadFiles(more))).toMatchObject({
        code: 'PROJECT_DUPLICATE',
        message: expect.stringContaining(`Two entries of 'run_steps' are named '${name}'.`),
        at: { file: expect.stringMatching(/2\.yml$/), line: 1 },
      });
    }
  });

  it.each([
    ['run_steps: {"dbt:run": {commands: [x]}}', "run_steps.dbt:run is 'dbt:run', which can't be a name.", '1:13'],
    ['run_steps: {--help: {commands: [x]}}', "run_steps.--help is '--help', which can't be a name.", '1:13'],
    ['run_steps: {"": {commands: [x]}}', "run_steps. is '', which can't be a name.", '1:13'],
    ['pipelines: [{id: a b, steps: []}]', "which can't be a name", '1:18'],
    ['run_steps: {s: {}}', "run_steps.s has no 'commands'.", '1:13'],
    ['run_steps: {s: {command: [x]}}', "run_steps.s has no 'commands'.", '1:13'],
    ['run_steps: {s: {commands: x}}', 'run_steps.s.commands must be a list, but is text.', '1:27'],
    ['run_steps: {s: {commands: [[x]]}}', 'run_steps.s.commands[0] must be text, but is a list.', '1:28'],
    ['run_steps: {s: {commands: [x], jobs: 0}}', 'run_steps.s.jobs must be 1 or more, but is 0.', '1:38'],
    ['run_steps: {s: {commands: [x], jobs: 1.5}}', 'run_steps.s.jobs must be a whole number', '1:38'],
    ['run_steps: [{name: s}]', 'run_steps must be a map, but is a list.', '1:1'],
    ['pipelines: {p: {}}', 'pipelines must be a list, but is a map.', '1:1'],
    ['pipelines: [{id: p}]', "pipelines[0] has no 'steps'.", '1:13'],
    ['pipelines: [{steps: []}]', "pipelines[0] has no 'id'.", '1:13'],
    ['pipelines: [{id: p, steps: [s]}]', 'pipelines[0].steps[0] must be a map, but is text.', '1:29'],
    ['pipelines: [{id: p, steps: [{step: s}]}]', "pipelines[0].steps[0] has no 'run_step'.", '1:29'],
    ['pipelines: [{id: p, steps: [], retries: -1}]', 'pipelines[0].retries must be 0 or more, but is -1.', '1:41'],
    [
      'pipelines: [{id: p, steps: [], max_age_hours: 0}]',
      'pipelines[0].max_age_hours must be more than 0, but is 0.',
      '1:47',
    ],
    [
      'pipelines: [{id: p, steps: [{run_step: s, jobs: 2}]}]',
      "pipelines[0].steps[0] has the key 'jobs', which is not allowed there.",
      '1:49',
    ],
  ])('%s is refused', async (yaml, message, place) => {
    const { code, at, message: said } = await errorOf(loadFiles(`${yaml}\n`));
    expect([code, `${at?.line}:${at?.col}`]).toEqual(['PROJECT_SHAPE', place]);
    expect(said).toContain(message);
  });

  it('are warned about where a key is not known', async () => {
    const { warnings } = await loadFiles(
      'run_steps: {s: {commands: [x], job: 2}}\npipelines: [{id: p, steps: [], intervall: "@daily"}]\n',
    );
    expect(warnings).toMatchObject([
      { code: 'KEY_UNKNOWN', hint: "Did you mean 'interval'?", at: { line: 2 } },
      { code: 'KEY_UNKNOWN', hint: "Did you mean 'jobs'?", at: { line: 1 } },
    ]);
  });
});
