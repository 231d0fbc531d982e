/** When pipelines run next, when they ran last, and whether that is too long ago. */
import { TaplineError } from '../../errors.js';
import type { LastPipelineRun } from '../../history/port.js';
import { nextTime } from '../../plan/interval.js';
import type { Pipeline } from '../../project/types.js';
import type { Session } from '../../session/session.js';

export interface PipelineStatus {
  pipeline: Pipeline;
  nextRunAt: Date | undefined;
  lastRun: LastPipelineRun | undefined;
  /** Hours since it last succeeded. */
  ageHours: number | undefined;
  /** Whether it is older than `max_age_hours` or never succeeded; undefined without `max_age_hours`. */
  isStale: boolean | undefined;
}

/** Reads the status in the active environment. Does not create a database. */
export async function readPipelineStatus(
  pipelines: readonly Pipeline[],
  session: Session,
  now: Date = new Date(),
): Promise<PipelineStatus[]> {
  const lastRuns = await lastRunsOf(session);
  return Promise.all(
    pipelines.map(async (pipeline) => {
      const { id, interval, timezone, maxAgeHours } = pipeline;
      const lastRun = lastRuns.find(({ name }) => name === id);
      const since = lastRun?.succeededAt;
      const ageHours = since === undefined ? undefined : (now.getTime() - since.getTime()) / 3_600_000;
      return {
        pipeline,
        nextRunAt: interval === undefined ? undefined : await nextTime(interval, now, timezone),
        lastRun,
        ageHours,
        isStale: maxAgeHours === undefined ? undefined : (ageHours ?? Number.POSITIVE_INFINITY) > maxAgeHours,
      };
    }),
  );
}

/** If the database can't be used, logs a warning and returns nothing. */
async function lastRunsOf(session: Session): Promise<LastPipelineRun[]> {
  const { environment, projectId } = session.project;
  try {
    const history = await session.existingHistory();
    return (await history?.lastPipelineRuns({ environment: environment?.name, projectId })) ?? [];
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    (await session.log()).warning(`cannot read past pipeline runs: ${error.message}`, { code: error.code });
    return [];
  }
}
