import { type Command, Option } from 'commander';
import { didYouMean } from '../did-you-mean.js';
import { TaplineError } from '../errors.js';
import type { Project, Schedule } from '../project/types.js';

export interface ScheduleOptions {
  interval?: string;
  job?: string;
  extractor?: string;
  loader?: string;
  transform?: 'skip' | 'only' | 'run';
  databaseUri?: string;
}

export function addScheduleOptions(command: Command): Command {
  return command
    .option('--job <job>', 'the job to run')
    .option('--extractor <extractor>', 'for a schedule of el alone')
    .option('--loader <loader>', 'for a schedule of el alone')
    .addOption(
      new Option('--transform <transform>', 'for a schedule of el alone').choices(['skip', 'only', 'run'] as const),
    );
}

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
