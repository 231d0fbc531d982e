/** Run steps and pipelines that can't be: the names, times and orders in them. */
import { describe, expect, it, test } from 'vitest';
import type { TaplineError } from '../../src/errors.js';
import { intervalFault, nameFaults, pipelineFaults, stepFaults } from '../../src/plan/scope-faults.js';
import { findPipeline, findRunStep } from '../../src/plan/scopes.js';
import { loadFiles } from '../project/project-folder.js';

/** As `line:col code message`, one a fault. */
const told = (faults: readonly TaplineError[]) =>
  faults.map(({ at, code, message }) => `${at?.line}:${at?.col} ${code} ${message}`);

const runSteps = 'run_steps: {a: {commands: [x y]}, b: {commands: [x y]}}\n';

describe('a run step', () => {
  async function faultsOf(step: string): Promise<string[]> {
    const project = await loadFiles(`run_steps:\n  s: ${step}\n`);
    return project.runSteps.flatMap((each) => told(stepFaults(each, project)));
  }

  test.each([
    ['{commands: []}', "2:7 RUN_STEP_INVALID The run step 's' has no commands."],
    ['{commands: }', "2:7 RUN_STEP_INVALID The run step 's' has no commands."],
    [
      '{commands: [a b], timeout: soon}',
      "2:33 RUN_STEP_INVALID The timeout of the run step 's' is 'soon', which is not a duration.",
    ],
    [
      '{commands: [a b], timeout: -5m}',
      "2:33 RUN_STEP_INVALID The timeout of the run step 's' is '-5m', which is not a duration.",
    ],
    ['{commands: [a b], timeout: 0s}', "2:33 RUN_STEP_INVALID The timeout of the run step 's' is zero."],
    [
      '{commands: [a b], env: {MELTANO_ENVIRONMENT: prod}}',
      "2:51 RUN_STEP_INVALID The env of the run step 's' sets MELTANO_ENVIRONMENT, which can't change while a run goes on.",
    ],
  ])('%s', async (step, fault) => {
    expect(await faultsOf(step)).toEqual([fault]);
  });

  it('tells all that is wrong; who looks for it is told the first', async () => {
    const project = await loadFiles('run_steps: {s: {commands: [], timeout: x, env: {MELTANO_ENVIRONMENT: a}}}\n');
    expect(stepFaults(project.runSteps[0] as never, project)).toHaveLength(3);
    expect(() => findRunStep('s', project)).toThrow('has no commands');
    expect(findRunStep('t', project)).toBeUndefined();
  });

  it('has its timeout in seconds', async () => {
    const project = await loadFiles('run_steps: {s: {commands: [x y], timeout: 1.5h}}\n');
    expect(findRunStep('s', project)).toMatchObject({ timeoutSeconds: 5400 });
  });
});

describe('a pipeline', () => {
  async function faultsOf(pipeline: string): Promise<string[]> {
    const project = await loadFiles(`${runSteps}pipelines:\n- ${pipeline}\n`);
    const found: TaplineError[] = [];
    for (const each of project.pipelines) {
      found.push(...pipelineFaults(each, project));
      const interval = await intervalFault(each, project);
      if (interval !== undefined) found.push(interval);
    }
    return told(found);
  }

  test.each([
    ['{id: p, steps: []}', "3:11 PIPELINE_INVALID The pipeline 'p' has no steps."],
    [
      '{id: p, steps: [{run_step: c}]}',
      "3:30 PIPELINE_INVALID The pipeline 'p' names the run step 'c', which is not there.",
    ],
    [
      '{id: p, steps: [{run_step: a}], timezone: Europe/Berln}',
      "3:45 PIPELINE_INVALID There is no time zone 'Europe/Berln' (of the pipeline 'p').",
    ],
    [
      "{id: p, steps: [{run_step: a}], timezone: '+02:00'}",
      "3:45 PIPELINE_INVALID There is no time zone '+02:00' (of the pipeline 'p').",
    ],
    [
      "{id: p, steps: [{run_step: a}], timezone: ''}",
      "3:35 PIPELINE_INVALID There is no time zone '' (of the pipeline 'p').",
    ],
    [
      '{id: p, steps: [{run_step: a}], retry_delay: later}',
      "3:48 PIPELINE_INVALID The retry_delay of the pipeline 'p' is 'later', which is not a duration.",
    ],
    [
      '{id: p, steps: [{run_step: a}], interval: "@dayly"}',
      "3:45 PIPELINE_INVALID The interval '@dayly' of the pipeline 'p' is neither cron nor an alias.",
    ],
    [
      '{id: p, steps: [{run_step: a}], interval: 0 0 3 * * *}',
      "3:45 PIPELINE_INVALID The interval '0 0 3 * * *' of the pipeline 'p' is neither cron nor an alias.",
    ],
    [
      '{id: p, steps: [{run_step: a}], env: {MELTANO_ENVIRONMENT: x}}',
      "3:62 PIPELINE_INVALID The env of the pipeline 'p' sets MELTANO_ENVIRONMENT, which can't change while a run goes on.",
    ],
    [
      '{id: p, steps: [{run_step: a}], after: q}',
      "3:42 PIPELINE_INVALID The pipeline 'p' comes after the pipeline 'q', which is not there.",
    ],
    [
      '{id: p, steps: [{run_step: a}], after: [p]}',
      "3:43 PIPELINE_INVALID The pipeline 'p' waits for itself: p after p.",
    ],
  ])('%s', async (pipeline, fault) => {
    expect(await faultsOf(pipeline)).toEqual([fault]);
  });

  it.each([
    '{id: p, steps: [{run_step: a}, {run_step: b}, {run_step: a}], interval: "30 2 * * MON-FRI", timezone: Europe/Berlin}',
    '{id: p, steps: [{run_step: a}], interval: "@once", timezone: utc, retries: 0, retry_delay: 0, max_age_hours: 0.5}',
  ])('takes %s', async (pipeline) => {
    expect(await faultsOf(pipeline)).toEqual([]);
  });

  it('finds circles of any length, and those who only lead into one are told nothing', async () => {
    const pipeline = (id: string, after: string) => `- {id: ${id}, steps: [{run_step: a}], after: ${after}}\n`;
    const circle = ['x', 'y', 'z'].map((id, index, all) => pipeline(id, all[(index + 1) % 3] ?? '')).join('');
    const project = await loadFiles(`${runSteps}pipelines:\n${circle}${pipeline('w', '[x, v]')}${pipeline('v', '[]')}`);
    const found = project.pipelines.flatMap((each) => told(pipelineFaults(each, project)));
    expect(found.map((text) => text.replace(/.*PIPELINE_INVALID /, ''))).toEqual([
      "The pipeline 'x' waits for itself: x after y after z after x.",
      "The pipeline 'y' waits for itself: y after z after x after y.",
      "The pipeline 'z' waits for itself: z after x after y after z.",
    ]);
  });

  it('helps with names', async () => {
    const project = await loadFiles(`${runSteps.replace('b:', 'extract:')}pipelines:
- {id: p, steps: [{run_step: extrct}], after: lat}
- {id: late, steps: [{run_step: zzzzzz}], timezone: europe/berln}
`);
    const hints = project.pipelines.flatMap((each) => pipelineFaults(each, project).map(({ hint }) => hint));
    expect(hints).toEqual([
      "Did you mean 'extract'?",
      "Did you mean 'late'?",
      'Available: a, extract.',
      "Did you mean 'Europe/Berlin'?",
    ]);
  });

  it('is found with its steps; what is wrong with one of them is told', async () => {
    const project = await loadFiles(
      'run_steps: {a: {commands: [x y]}, bad: {commands: []}}\npipelines:\n- {id: p, steps: [{run_step: a}], retry_delay: 5m}\n- {id: q, steps: [{run_step: a}, {run_step: bad}]}\n',
    );
    expect(findPipeline('p', project)).toMatchObject({
      steps: [{ step: { name: 'a' } }],
      retry: { delaySeconds: 300 },
    });
    expect(() => findPipeline('q', project)).toThrow("The run step 'bad' has no commands.");
    expect(findPipeline('r', project)).toBeUndefined();
  });
});

describe('names', () => {
  const rest = `plugins:
  mappers:
  - {name: mapper, namespace: m, executable: ./x, mappings: [{name: hide, config: {}}]}
jobs:
- {name: nightly, tasks: []}
`;

  test.each([
    ['run_steps: {mapper: {commands: [x]}}', "'mapper' is the name of a run step and of a plugin"],
    ['run_steps: {hide: {commands: [x]}}', "'hide' is the name of a run step and of a mapping"],
    ['run_steps: {nightly: {commands: [x]}}', "'nightly' is the name of a run step and of a job"],
    ['pipelines: [{id: nightly, steps: []}]', "'nightly' is the name of a pipeline and of a job"],
    [
      'run_steps: {a: {commands: [x]}}\npipelines: [{id: a, steps: []}]',
      "'a' is the name of a pipeline and of a run step",
    ],
  ])('mean one thing: %s', async (yaml, message) => {
    const project = await loadFiles(`${rest}${yaml}\n`);
    const [fault, ...others] = nameFaults(project);
    expect(others).toEqual([]);
    expect(fault).toMatchObject({ code: 'BLOCK_AMBIGUOUS', hint: 'Rename one of the two.' });
    expect(fault?.message).toMatch(new RegExp(`^${message} \\(.*meltano\\.yml:\\d+:\\d+\\)\\.$`));
    expect(fault?.at?.line).toBeGreaterThan(5);
  });

  it('of pipelines are used once', async () => {
    const project = await loadFiles('pipelines:\n- {id: a, steps: []}\n- {id: a, steps: []}\n');
    expect(nameFaults(project)).toMatchObject([{ code: 'PIPELINE_INVALID', at: { line: 3 } }]);
  });

  it('cost nothing where there are no steps', async () => {
    const project = await loadFiles('jobs: [{name: a, tasks: []}, {name: a, tasks: []}]\n');
    expect(nameFaults(project)).toEqual([]);
  });
});
