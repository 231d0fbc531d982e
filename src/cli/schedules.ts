import { didYouMean } from '../did-you-mean.js';
import { TaplineError } from '../errors.js';
import type { OptionsOf } from '../option-definition.js';
import type { Project, Schedule } from '../project/types.js';
import type { databaseUri } from './options/common.js';
import type { scheduleDefinitions } from './options/project.js';

export type ScheduleOptions = OptionsOf<typeof scheduleDefinitions & typeof databaseUri>;

/** A schedule runs a job or a pair of plugins, never both. */
export function refuseMix({ job, extractor, loader, transform }: ScheduleOptions): void {
  if (!job || !(extractor || loader || transform)) return;
  throw new TaplineError('SCHEDULE_INVALID', 'Cannot mix --job with --extractor/--loader/--transform');
}

export function findSchedule(project: Project, name: string): Schedule {
  const found = project.schedules.find((schedule) => schedule.name === name);
  if (found !== undefined) return found;
  const names = project.schedules.map((schedule) => schedule.name);
  throw new TaplineError('SCHEDULE_UNKNOWN', `Schedule '${name}' could not be found.`, {
    hint: didYouMean(name, names),
  });
}
