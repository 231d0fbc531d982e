import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, dryRun, installDefinitions } from '../options/common.js';
import { failurePolicyDefinitions, jobs, processDefinitions, stateDefinitions } from '../options/run.js';
import type { ResumeOptions } from '../resume.js';

// Of the options of `run`, those that leave what is run as it was.
const { refreshCatalog, force, ifRunning } = stateDefinitions;
const options = {
  ...dryRun,
  ...jobs,
  ...failurePolicyDefinitions,
  refreshCatalog,
  force,
  ifRunning,
  ...processDefinitions,
  ...installDefinitions,
  ...databaseUri,
} as const;

export function retry(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[run-id]', 'the whole ID or its beginning (default: the last run)')
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
