/** The DAGs of a project: one for each pipeline, each schedule, and each job that no schedule runs. */
import { didYouMean } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import type { Pipeline, Project, Schedule } from '../../project/types.js';
import { type BuildContext, checkPipelines, jobDag, pipelineDag, scheduleDag } from './build-dag.js';
import type { Dag } from './dag.js';
import { dagId } from './names.js';

export interface DagOptions extends BuildContext {
  /** Stands before each DAG ID. */
  prefix: string;
  /** Only these pipelines, schedules and jobs; all where there are none. */
  names: readonly string[];
  /** One broken schedule must not keep all others from being exported. */
  onBroken?: (error: TaplineError) => void;
}

type Source =
  | { kind: 'pipeline'; name: string; pipeline: Pipeline }
  | { kind: 'schedule'; name: string; schedule: Schedule }
  | { kind: 'job'; name: string };

/**
 * The DAGs of a project, or of these names. Throws PIPELINE_UNKNOWN for a name that is none of them, and what would keep any of
 * them from being run; without names a broken schedule is only told to `onBroken` if there is one.
 */
export async function projectDags({ prefix, names, onBroken, ...context }: DagOptions): Promise<Dag[]> {
  const sources = sourcesOf(context.project);
  for (const name of names) if (!sources.some((source) => source.name === name)) throw unknown(name, sources);
  // All of them: a DAG waits for others by what these say.
  await checkPipelines(context);
  const ids = idsOf(sources, prefix);
  const idOfPipeline = (pipeline: Pipeline) => {
    const source = sources.find((each) => each.kind === 'pipeline' && each.pipeline === pipeline);
    return (source && ids.get(source)) ?? pipeline.id;
  };
  const dags: Dag[] = [];
  for (const source of sources) {
    if (names.length > 0 && !names.includes(source.name)) continue;
    const id = ids.get(source) ?? source.name;
    if (source.kind === 'pipeline') dags.push(await pipelineDag(source.pipeline, idOfPipeline, context));
    else if (source.kind === 'schedule') {
      const dag = await scheduleDag(id, source.schedule, context).catch((error: unknown) => {
        if (names.length > 0 || onBroken === undefined || !(error instanceof TaplineError)) throw error;
        onBroken(error);
      });
      if (dag !== undefined) dags.push(dag);
    } else dags.push(await jobDag(id, source.name, context));
  }
  return dags;
}

function sourcesOf({ pipelines, schedules, jobs }: Project): Source[] {
  const scheduled = new Set(schedules.map(({ job }) => job));
  return [
    ...pipelines.map((pipeline): Source => ({ kind: 'pipeline', name: pipeline.id, pipeline })),
    ...schedules.map((schedule): Source => ({ kind: 'schedule', name: schedule.name, schedule })),
    ...jobs.flatMap(({ name }): Source[] => (scheduled.has(name) ? [] : [{ kind: 'job', name }])),
  ];
}

/** A schedule or a job with the name of one before it gets its kind into the ID. */
function idsOf(sources: readonly Source[], prefix: string): Map<Source, string> {
  const taken = new Set<string>();
  const ids = new Map<Source, string>();
  for (const source of sources) {
    const { kind, name } = source;
    const wanted = [name, `${kind}-${name}`, `${kind} ${name}`].map((each) => dagId(prefix + each));
    // They are names of files too, and some file systems don't tell `A` from `a`.
    const id = wanted.find((each) => !taken.has(each.toLowerCase())) ?? dagId(`${prefix}${kind} ${name} again`);
    taken.add(id.toLowerCase());
    ids.set(source, id);
  }
  return ids;
}

function unknown(name: string, sources: readonly Source[]): TaplineError {
  const names = sources.map((source) => source.name);
  return new TaplineError('PIPELINE_UNKNOWN', `No pipeline, schedule or job has the name '${name}'.`, {
    hint: didYouMean(name, names) ?? (names.length === 0 ? undefined : `Available: ${names.join(', ')}.`),
  });
}
