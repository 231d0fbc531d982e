import { type Command, Option } from 'commander';
import type { CommandContext } from '../context.js';
import type { ResumeOptions } from '../resume.js';
import { processOptions, stateOptions } from '../run-plan.js';
import { databaseUriOption, examples, installOptions, wholeNumber } from '../shared-options.js';

/** The options of `run` that do not change what is run. */
const offered = ['--refresh-catalog', '--force', '--if-running'];

export function retry(command: Command, context: CommandContext): Command {
  command
    .argument('[run-id]', 'the whole ID, or its beginning; without it the last run that has left something')
    .addOption(new Option('--dry-run', 'check and show what would run, without running it'))
    .addOption(new Option('-j, --jobs <count>', 'so many extract-load blocks at once').argParser(wholeNumber(1)))
    .addOption(new Option('--fail-fast', 'when a block fails, stop those that run too'))
    .addOption(new Option('--no-fail-fast', 'when a block fails, run the rest all the same'));
  const state = stateOptions().filter(({ long }) => offered.includes(long ?? ''));
  for (const option of [...state, ...processOptions(), ...installOptions()]) command.addOption(option);
  return command
    .addOption(databaseUriOption())
    .addHelpText(
      'after',
      `${examples(
        'tapline retry',
        'tapline retry --dry-run',
        'tapline retry 0190a1b2 --retries 2 --retry-delay 5m',
        'tapline --environment=prod retry',
      )}

Starts a new run of the blocks that failed, were stopped or did not start, with the words, options and environment of
the earlier run. Options given here take precedence. Extract-loads continue from their last saved state.`,
    )
    .action(async (runId: string | undefined, options: ResumeOptions) => {
      const { resume } = await import('../resume.js');
      await resume(runId === undefined ? undefined : { runId }, options, context);
    });
}
