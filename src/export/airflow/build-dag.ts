/** One pipeline, schedule or job as a DAG. */
import { TaplineError } from '../../errors.js';
import { checkInterval, cronOf } from '../../plan/interval.js';
import { planWords } from '../../plan/plan.js';
import { findPipeline } from '../../plan/scopes.js';
import type { Plan } from '../../plan/types.js';
import type { Plugins } from '../../plugins/types.js';
import type { Pipeline, Project, Schedule } from '../../project/types.js';
import type { Dag, Sensor } from './dag.js';
import { identifier, Names } from './names.js';
import { type Deployment, extractLoadWords, taskCommand } from './task-command.js';
import { taskGroups } from './task-groups.js';

export interface BuildContext {
  project: Project;
  plugins: Plugins;
  deployment: Deployment;
}

/** Where the project says nothing. */
const defaults = { timezone: 'UTC', owner: 'tapline', retries: 2, retryDelaySeconds: 300 };
const ownTag = 'tapline';

/** Throws PIPELINE_INVALID, RUN_STEP_INVALID and the errors of their lines. */
export async function checkPipelines(context: BuildContext): Promise<void> {
  for (const { id } of context.project.pipelines) await planOf(id, context);
}

export async function pipelineDag(
  pipeline: Pipeline,
  idOf: (pipeline: Pipeline) => string,
  context: BuildContext,
): Promise<Dag> {
  const { project } = context;
  const { id: name, owner = defaults.owner, tags, maxAgeHours } = pipeline;
  const retry = findPipeline(name, project)?.retry;
  const names = new Names();
  const rule = {
    retries: retry?.retries ?? defaults.retries,
    retryDelaySeconds: retry?.delaySeconds ?? defaults.retryDelaySeconds,
  };
  return {
    id: idOf(pipeline),
    kind: 'pipeline',
    name,
    ...clockOf(pipeline, project),
    owner,
    ...rule,
    maxAgeHours,
    tags: [...new Set([ownTag, ...tags])],
    env: commonEnv(project),
    sensors: sensorsOf(pipeline, idOf, project, names),
    groups: taskGroups(await planOf(name, context), rule, context, names),
  };
}

/** Its variables are set as `schedule run` sets them: as they stand. */
export async function scheduleDag(id: string, schedule: Schedule, context: BuildContext): Promise<Dag> {
  const { name, interval, env, job, extractor, loader } = schedule;
  await checkSchedule(schedule, context);
  const command = taskCommand(context.deployment, extractLoadWords(schedule));
  const groups =
    job === undefined
      ? [{ lanes: [[{ id: new Names().unique(`${extractor}_${loader}`), command }]] }]
      : taskGroups(await planOf(job, context), defaults, context);
  const dag = plainDag(id, 'schedule', name, context);
  return { ...dag, cron: cronText(interval), env: { ...dag.env, ...env }, groups };
}

/** Nothing starts it but a person, or another DAG. */
export async function jobDag(id: string, name: string, context: BuildContext): Promise<Dag> {
  return {
    ...plainDag(id, 'job', name, context),
    groups: taskGroups(await planOf(name, context), defaults, context),
  };
}

function plainDag(id: string, kind: Dag['kind'], name: string, { project }: BuildContext): Omit<Dag, 'groups'> {
  return { id, kind, name, cron: null, ...defaults, tags: [ownTag], env: commonEnv(project), sensors: [] };
}

function commonEnv({ environment }: Project): Record<string, string> {
  return {
    ...(environment === undefined ? {} : { MELTANO_ENVIRONMENT: environment.name }),
    MELTANO_JOB_TRIGGER: 'airflow',
  };
}

/** Suffixes of state IDs and variables are left to the run: what they stand for is known there. */
function planOf(word: string, { project, plugins }: BuildContext): Promise<Plan> {
  return planWords([word], { project, plugins, options: {}, expandSuffix: (text) => text });
}

async function checkSchedule(schedule: Schedule, { project, plugins }: BuildContext): Promise<void> {
  const { name, interval, job, extractor, loader } = schedule;
  const index = project.schedules.indexOf(schedule);
  const at = project.locate(['schedules', index]);
  try {
    await checkInterval(interval);
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    const place = project.locate(['schedules', index, 'interval']) ?? at;
    throw new TaplineError(error.code, `Schedule '${name}': ${error.message}`, { at: place, hint: error.hint });
  }
  if (job !== undefined) {
    if (project.jobs.some((each) => each.name === job)) return;
    throw new TaplineError('JOB_UNKNOWN', `Schedule '${name}' names the job '${job}', which does not exist.`, { at });
  }
  if (extractor === undefined || loader === undefined) {
    throw new TaplineError(
      'SCHEDULE_INVALID',
      `Schedule '${name}' names neither a job nor an extractor and a loader.`,
      {
        at,
      },
    );
  }
  plugins.get(extractor, 'extractors');
  plugins.get(loader, 'loaders');
}

/* ---- clocks ---- */

interface Clock {
  cron: string | null;
  timezone: string;
}

/** One that says nothing of when it runs, but of what it comes after, runs when the first of these does that has a clock. */
function clockOf({ interval, timezone = defaults.timezone, after }: Pipeline, project: Project): Clock {
  if (interval !== undefined) return { cron: cronText(interval), timezone: canonical(timezone) };
  const clocks = upstream(after, project).map((each) => clockOf(each, project));
  return clocks.find(({ cron }) => cron !== null) ?? { cron: null, timezone: canonical(timezone) };
}

function upstream(ids: readonly string[], { pipelines }: Project): Pipeline[] {
  return ids.flatMap((id) => pipelines.find((pipeline) => pipeline.id === id) ?? []);
}

function cronText(interval: string): string | null {
  return cronOf(interval)?.trim().replace(/\s+/g, ' ') ?? null;
}

/** Python looks zones up as files, where `europe/berlin` is none. */
function canonical(timezone: string): string {
  const lower = timezone.toLowerCase();
  return Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase() === lower) ?? timezone;
}

function sensorsOf(pipeline: Pipeline, idOf: (pipeline: Pipeline) => string, project: Project, names: Names): Sensor[] {
  return upstream([...new Set(pipeline.after)], project).map((each) => {
    const dagId = idOf(each);
    return { taskId: names.unique(`wait_for_${identifier(dagId)}`), dagId, ...clockOf(each, project) };
  });
}
