import type { Command } from 'commander';
import { editable } from '../../../actions/editable-project.js';
import { didYouMean } from '../../../did-you-mean.js';
import { TaplineError } from '../../../errors.js';
import { checkInterval } from '../../../plan/interval.js';
import { addEntry } from '../../../project/edit/named-entries.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';
import { scheduleDefinitions } from '../../options/project.js';
import { refuseMix, type ScheduleOptions } from './schedule-options.js';

export function scheduleAdd(command: Command, { open, output }: CommandContext): Command {
  const interval = { ...scheduleDefinitions.interval, mandatory: true };
  addOptions(command, { ...scheduleDefinitions, interval, ...databaseUri });
  return command
    .argument('<name>')
    .addHelpText('after', examples("tapline schedule add nightly --job nightly --interval '0 3 * * *'"))
    .action(async (name: string, options: ScheduleOptions & { interval: string }) => {
      const session = await open({ policy: 'explicit', access: 'write', databaseUri: options.databaseUri });
      const { interval, job } = options;
      refuseMix(options);
      await checkInterval(interval);
      const what = job ? { job } : pair(options);
      // Not a failure in the original, and scripts rely on the exit code.
      if (session.project.schedules.some((schedule) => schedule.name === name)) {
        return output.line(`Schedule '${name}' already exists.`);
      }
      const names = session.project.jobs.map((each) => each.name);
      if (job && !names.includes(job)) {
        const hint = didYouMean(job, names) ?? `\`tapline job add ${job} --tasks TASKS\` creates it.`;
        (await session.log()).warning(`job '${job}' does not exist yet. ${hint}`);
      }
      await addEntry(await editable(session), ['schedules'], { name, interval, ...what });
      output.line(`Scheduled ${job ? 'job' : 'elt'} '${name}' at ${interval}`);
    });
}

function pair({ extractor, loader, transform = 'skip' }: ScheduleOptions): Record<string, string> {
  if (!extractor)
    throw new TaplineError('USAGE', 'missing --extractor', { hint: 'Use --job, or --extractor and --loader.' });
  if (!loader) throw new TaplineError('USAGE', 'missing --loader', { hint: 'Use --job, or --extractor and --loader.' });
  return { extractor, loader, transform };
}
