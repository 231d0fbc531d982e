import type { Command } from 'commander';
import { findSchedule } from '../../../actions/schedules.js';
import type { Schedule } from '../../../project/types.js';
import type { CommandContext } from '../../context.js';
import { examples } from '../../options/commander.js';

export function scheduleRun(command: Command, { open, call }: CommandContext): Command {
  return (
    command
      .usage('<name> [option...]')
      .argument('<name>')
      .argument('[options...]', 'options of `run`, or of `el` for a schedule without a job')
      // Everything after the schedule's name belongs to the command that it runs.
      .passThroughOptions()
      .addHelpText(
        'after',
        `${examples(
          'tapline schedule run nightly',
          'tapline schedule run nightly --full-refresh',
          'tapline --environment=prod schedule run nightly --dry-run',
        )}

Sets the variables of the schedule's \`env\`. Exit codes are those of \`run\` and \`el\`.`,
      )
      .action(async (name: string, options: string[]) => {
        const { project } = await open({ policy: 'explicit', access: 'read' });
        const schedule = findSchedule(project, name);
        await call(commandLineOf(schedule, options), schedule);
      })
  );
}

/** As the original composes it. */
function commandLineOf({ name, job, extractor, loader, transform = 'skip' }: Schedule, options: string[]): string[] {
  if (job !== undefined) return ['run', ...options, job];
  const words = [extractor ?? '', loader ?? '', `--state-id=${name}`, ...options];
  const isPlain = transform === 'skip' && !options.some((option) => option.startsWith('--transform'));
  return isPlain ? ['el', ...words] : ['elt', `--transform=${transform}`, ...words];
}
