/** Run steps and pipelines as the project has them, found by name and checked; nothing of them has run when these throw. */
import { closest } from '../did-you-mean.js';
import { durationSeconds } from '../duration.js';
import { type ErrorCode, formatLocation, type SourceLocation, TaplineError } from '../errors.js';
import type { Pipeline, Project, RunStep } from '../project/types.js';
import { checkInterval } from './interval.js';
import type { RetryPart } from './types.js';

type StepCode = Extract<ErrorCode, 'RUN_STEP_INVALID' | 'PIPELINE_INVALID'>;

export interface NamedStep {
  step: RunStep;
  timeoutSeconds: number | undefined;
  locate(): SourceLocation | undefined;
}

/** The run step of this name, with commands and a timeout that can be read. Undefined where there is none. */
export function findRunStep(name: string, project: Project): NamedStep | undefined {
  const step = project.runSteps.find((each) => each.name === name);
  if (step === undefined) return undefined;
  const locate = () => project.locate(['run_steps', name]);
  refuseName('run step', name, project, locate());
  if (step.commands.length === 0) {
    throw invalid(
      'RUN_STEP_INVALID',
      `The run step '${name}' has no commands.`,
      locate(),
      'Give it at least one line under `commands:`.',
    );
  }
  refuseEnvironment(
    'RUN_STEP_INVALID',
    `run step '${name}'`,
    step.env,
    project.locate(['run_steps', name, 'env', 'MELTANO_ENVIRONMENT']),
  );
  const at = () => project.locate(['run_steps', name, 'timeout']);
  const timeoutSeconds = secondsOf('RUN_STEP_INVALID', `timeout of the run step '${name}'`, step.timeout, at);
  if (timeoutSeconds === 0)
    throw invalid('RUN_STEP_INVALID', `The timeout of the run step '${name}' is zero.`, at(), 'Leave it out for none.');
  return { step, timeoutSeconds, locate };
}

export interface NamedPipeline {
  pipeline: Pipeline;
  steps: NamedStep[];
  retry: RetryPart;
  locate(): SourceLocation | undefined;
}

/** The pipeline of this ID, with the run steps that it names. Undefined where there is none. */
export function findPipeline(id: string, project: Project): NamedPipeline | undefined {
  const index = project.pipelines.findIndex((each) => each.id === id);
  const pipeline = project.pipelines[index];
  if (pipeline === undefined) return undefined;
  const place = (...path: (string | number)[]) => project.locate(['pipelines', index, ...path]);
  refuseName('pipeline', id, project, place());
  if (pipeline.steps.length === 0) {
    throw invalid(
      'PIPELINE_INVALID',
      `The pipeline '${id}' has no steps.`,
      place(),
      'Name at least one: `steps: [{run_step: NAME}]`.',
    );
  }
  refuseEnvironment('PIPELINE_INVALID', `pipeline '${id}'`, pipeline.env, place('env', 'MELTANO_ENVIRONMENT'));
  const steps = pipeline.steps.map((name, position) => {
    const step = findRunStep(name, project);
    if (step === undefined)
      throw unknownStep(id, name, project, place('steps', position, 'run_step') ?? place('steps', position));
    return step;
  });
  checkTimezone(pipeline, place('timezone'));
  const delay = secondsOf('PIPELINE_INVALID', `retry_delay of the pipeline '${id}'`, pipeline.retryDelay, () =>
    place('retry_delay'),
  );
  const retry = {
    ...(pipeline.retries === undefined ? {} : { retries: pipeline.retries }),
    ...(delay === undefined ? {} : { delaySeconds: delay }),
  };
  return { pipeline, steps, retry, locate: () => place() };
}

/** What needs a cron parser, which is loaded for it. Throws PIPELINE_INVALID where an `interval` can't be read. */
export async function checkPipelineInterval({ pipeline }: NamedPipeline, project: Project): Promise<void> {
  if (pipeline.interval === undefined) return;
  try {
    await checkInterval(pipeline.interval);
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    const index = project.pipelines.indexOf(pipeline);
    const at = project.locate(['pipelines', index, 'interval']);
    throw invalid(
      'PIPELINE_INVALID',
      `The interval '${pipeline.interval}' of the pipeline '${pipeline.id}' is neither cron nor an alias.`,
      at,
      error.hint,
    );
  }
}

function checkTimezone({ id, timezone }: Pipeline, at: SourceLocation | undefined): void {
  if (timezone === undefined) return;
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    const near = closest(timezone, Intl.supportedValuesOf('timeZone'));
    const hint = near === undefined ? 'It is an IANA name, such as Europe/Berlin or UTC.' : `Did you mean '${near}'?`;
    throw invalid('PIPELINE_INVALID', `There is no time zone '${timezone}' (of the pipeline '${id}').`, at, hint);
  }
}

/** A word must mean one thing: what `run NAME` does is not to depend on an order of look-ups. */
function refuseName(what: string, name: string, project: Project, at: SourceLocation | undefined): void {
  const others = [
    ...Object.entries(project.pluginEntries).flatMap(([type, entries]) =>
      entries.flatMap((entry, index) =>
        entry.name === name ? [{ kind: 'plugin', path: ['plugins', type, index] }] : [],
      ),
    ),
    ...project.jobs.flatMap((job, index) => (job.name === name ? [{ kind: 'job', path: ['jobs', index] }] : [])),
    ...(what === 'run step'
      ? project.pipelines.flatMap(({ id }, index) =>
          id === name ? [{ kind: 'pipeline', path: ['pipelines', index] }] : [],
        )
      : []),
  ];
  const [other] = others;
  if (other === undefined) return;
  const there = project.locate(other.path);
  const place = there === undefined ? '' : ` (${formatLocation(there)})`;
  throw new TaplineError('BLOCK_AMBIGUOUS', `'${name}' is the name of a ${what} and of a ${other.kind}${place}.`, {
    at,
    hint: 'Rename one of the two.',
    data: { block: name },
  });
}

/** Called when a project has run steps: names are checked whatever is run. Throws BLOCK_AMBIGUOUS. */
export function checkScopeNames(project: Project): void {
  for (const { name } of project.runSteps) refuseName('run step', name, project, project.locate(['run_steps', name]));
  for (const [index, { id }] of project.pipelines.entries()) {
    const at = project.locate(['pipelines', index]);
    refuseName('pipeline', id, project, at);
    if (project.pipelines.findIndex((other) => other.id === id) < index) {
      throw invalid('PIPELINE_INVALID', `Two pipelines have the id '${id}'.`, at, 'Rename one of the two.');
    }
  }
}

function refuseEnvironment(
  code: StepCode,
  what: string,
  env: Record<string, string>,
  at: SourceLocation | undefined,
): void {
  if (!Object.hasOwn(env, 'MELTANO_ENVIRONMENT')) return;
  throw invalid(
    code,
    `The env of the ${what} sets MELTANO_ENVIRONMENT, which can't change while a run goes on.`,
    at,
    'Choose it with `--environment`.',
  );
}

function secondsOf(
  code: StepCode,
  what: string,
  value: string | number | undefined,
  at: () => SourceLocation | undefined,
): number | undefined {
  if (value === undefined) return undefined;
  const seconds = durationSeconds(value);
  if (seconds !== undefined) return seconds;
  throw invalid(
    code,
    `The ${what} is '${value}', which is no duration.`,
    at(),
    'Seconds, or a text such as 90s, 30m or 2h.',
  );
}

function unknownStep(id: string, name: string, project: Project, at: SourceLocation | undefined): TaplineError {
  const names = project.runSteps.map((step) => step.name);
  const near = closest(name, names);
  const hint =
    near !== undefined
      ? `Did you mean '${near}'?`
      : names.length === 0
        ? 'The project has no run_steps.'
        : `There are: ${names.join(', ')}.`;
  return invalid(
    'PIPELINE_INVALID',
    `The pipeline '${id}' names the run step '${name}', which is not there.`,
    at,
    hint,
  );
}

function invalid(
  code: StepCode,
  message: string,
  at: SourceLocation | undefined,
  hint: string | undefined,
): TaplineError {
  return new TaplineError(code, message, { at, hint });
}
