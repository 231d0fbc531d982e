import type { Command } from 'commander';
import { editable } from '../../../actions/editable-project.js';
import { findSchedule } from '../../../actions/schedules.js';
import { TaplineError } from '../../../errors.js';
import { checkInterval } from '../../../plan/interval.js';
import { editEntry } from '../../../project/edit/named-entries.js';
import type { Schedule } from '../../../project/types.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';
import { scheduleDefinitions } from '../../options/project.js';
import type { ScheduleOptions } from './schedule-options.js';

const keys = ['interval', 'job', 'extractor', 'loader', 'transform'] as const;

export function scheduleSet(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, { ...scheduleDefinitions, ...databaseUri });
  return command
    .argument('<name>')
    .addHelpText('after', examples('tapline schedule set nightly --interval @hourly'))
    .action(async (name: string, options: ScheduleOptions) => {
      const session = await open({ policy: 'explicit', access: 'write', databaseUri: options.databaseUri });
      refuseOtherKind(findSchedule(session.project, name), options);
      if (options.interval) await checkInterval(options.interval);
      const edits = keys.flatMap((key) =>
        options[key] === undefined ? [] : [{ op: 'set' as const, path: [key], value: options[key] }],
      );
      await editEntry(await editable(session), ['schedules'], name, () => edits);
      output.line(`Updated schedule '${name}'`);
    });
}

function refuseOtherKind(schedule: Schedule, { job, extractor, loader, transform }: ScheduleOptions): void {
  const isJob = schedule.job !== undefined;
  if (isJob ? !(extractor || loader || transform) : !job) return;
  throw new TaplineError('SCHEDULE_INVALID', 'Cannot mix --job with --extractor/--loader/--transform', {
    hint: `Schedule '${schedule.name}' runs ${isJob ? 'a job' : 'an extractor and a loader'}; remove it and add it again to change that.`,
  });
}
