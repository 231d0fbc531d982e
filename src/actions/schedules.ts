/** Schedules of a project, by name. */
import { didYouMean } from '../did-you-mean.js';
import { TaplineError } from '../errors.js';
import type { Project, Schedule } from '../project/types.js';

/** Throws SCHEDULE_UNKNOWN. */
export function findSchedule(project: Project, name: string): Schedule {
  const found = project.schedules.find((schedule) => schedule.name === name);
  if (found !== undefined) return found;
  const names = project.schedules.map((schedule) => schedule.name);
  throw new TaplineError('SCHEDULE_UNKNOWN', `Schedule '${name}' could not be found.`, {
    hint: didYouMean(name, names),
  });
}
