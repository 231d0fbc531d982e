import { type Command, Option } from 'commander';
import type { BackfillOptions } from '../backfill.js';
import type { CommandContext } from '../context.js';
import { processOptions } from '../run-plan.js';
import { collect, databaseUriOption, examples, installOptions, wholeNumber } from '../shared-options.js';

export function backfillRun(command: Command, context: CommandContext): Command {
  command
    .usage('[options] <tap> [mapping...] <target>')
    .argument('<blocks...>', 'tap [mapping ...] target')
    .option('--from <time>', 'where the first window begins: 2023-01-01, 2023-01-01T06:00')
    .option('--to <time>', 'where the last one ends; not included')
    .option('--window <length>', 'of each window: 12h, 7d, 1mo, 1y, or as ISO 8601 has it')
    .option('--timezone <zone>', 'in which times without an offset and days are meant (default: UTC)')
    .option('--partition <name=values>', 'a part for each value: region=eu,us (can be repeated)', collect)
    .option('--open-end', 'one window from --from on, for a tap that takes no end')
    .option('--restart', 'load anew what is done already')
    .option('--advance-state', "when all is done, let the chain's own state go on from the last window")
    .option('--force', 'with --advance-state: replace a state that the chain has already')
    .addOption(
      new Option('-j, --jobs <count>', 'so many windows at once (default: one for each CPU)').argParser(wholeNumber(1)),
    )
    .option('--dry-run', 'list what would run, without running it')
    .option('--select <stream>', 'only streams of this pattern (can be repeated)', collect)
    .option('--exclude <stream>', 'all but streams of this pattern (can be repeated)', collect)
    .option('--state-id-suffix <text>', 'put this at the end of the state ID of the chain')
    .option('--refresh-catalog', 'discover streams anew, once, instead of using the cached catalog')
    .addOption(
      new Option('--if-running <what>', 'when another backfill has a window: wait, and leave to it what it does')
        .choices(['wait', 'fail', 'skip'])
        .default('wait'),
    )
    .option('--fail-fast', 'when a window fails, stop those that run too')
    .option('--no-fail-fast', 'when a window fails, run the rest all the same');
  for (const option of [...processOptions(), ...installOptions()]) command.addOption(option);
  return command
    .addOption(databaseUriOption())
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
