/** Pipelines in the JSON and texts that we print. */
import type { PipelineStatus } from '../../../actions/pipelines/status.js';

/** Formats an age as `3h 5m`, without seconds. */
export function ageText(hours: number, duration: (seconds: number) => string): string {
  const minutes = Math.floor(hours * 60);
  return minutes === 0 ? 'less than 1m' : duration(minutes * 60);
}

/** See schemas/output-pipeline-list.schema.json. */
export function pipelineEntry({
  pipeline,
  nextRunAt,
  lastRun,
  ageHours,
  isStale,
}: PipelineStatus): Record<string, unknown> {
  const { id, steps, interval, timezone, maxAgeHours, after, owner, tags } = pipeline;
  return {
    id,
    steps,
    interval: interval ?? null,
    timezone: timezone ?? 'UTC',
    next_run_at: nextRunAt?.toISOString() ?? null,
    last_run:
      lastRun === undefined
        ? null
        : {
            run_id: lastRun.runId,
            status: lastRun.status,
            started_at: lastRun.startedAt.toISOString(),
            ended_at: lastRun.endedAt?.toISOString() ?? null,
          },
    last_success_at: lastRun?.succeededAt?.toISOString() ?? null,
    age_hours: ageHours ?? null,
    max_age_hours: maxAgeHours ?? null,
    stale: isStale ?? null,
    after,
    owner: owner ?? null,
    tags,
  };
}
