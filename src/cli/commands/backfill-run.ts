import type { Command } from 'commander';
import type { BackfillOptions } from '../backfill.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, described, dryRun, installDefinitions } from '../options/common.js';
import {
  backfillDefinitions,
  catalogRefresh,
  emptySelection,
  failurePolicyDefinitions,
  ifRunning,
  jobs,
  processDefinitions,
  selection,
  statelessness,
} from '../options/run.js';

const options = {
  ...backfillDefinitions,
  ...described(jobs, 'number of windows to load in parallel (default: one per CPU)'),
  ...described(dryRun, 'list what would run, without running it'),
  ...selection,
  stateIdSuffix: statelessness.stateIdSuffix,
  ...described(catalogRefresh, 'discover the catalog again, once, instead of using the cached one'),
  ifRunning: {
    ...ifRunning.ifRunning,
    choices: ['wait', 'fail', 'skip'],
    default: 'wait',
    help: 'what to do when another backfill loads the same window; wait leaves the window to it',
  },
  ...failurePolicyDefinitions,
  ...emptySelection,
  ...processDefinitions,
  ...installDefinitions,
  ...databaseUri,
} as const;

export function backfillRun(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .usage('[options] <tap> [mapping...] <target>')
    .argument('<blocks...>', 'tap [mapping ...] target')
    .addHelpText(
      'after',
      `${examples(
        'tapline backfill tap-stripe target-postgres --from 2023-01-01 --to 2024-01-01 --window 7d --jobs 4',
        'tapline backfill tap-shop target-postgres --from 2023-01-01 --to 2024-01-01 --window 1mo --timezone Europe/Berlin',
        'tapline backfill tap-shop target-postgres --partition region=eu,us,apac',
        'tapline backfill list',
        'tapline backfill show tap-stripe target-postgres',
      )}

Running the same command again loads the windows that are not done. The state of the chain itself changes only with
--advance-state.`,
    )
    .action(async (words: string[], options: BackfillOptions) => {
      const { runBackfill } = await import('../backfill.js');
      await runBackfill(words, { ...options, stateStrategy: 'auto' }, context);
    });
}
