import type { Command } from 'commander';
import type { OptionsOf } from '../../../option-definition.js';
import type { PlannedWindows } from '../../../run/plan-windows.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, described, dryRun, installDefinitions } from '../../options/common.js';
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
} from '../../options/run.js';
import { blockOptionsOf, failurePolicy, observeOnTerminal, runChoicesOf } from '../../run-options.js';

const options = {
  ...backfillDefinitions,
  ...described(jobs, 'number of windows to load in parallel (default: one per CPU, at least 4)'),
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
type Options = OptionsOf<typeof options>;

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
    .action((words: string[], given: Options) => runWindows(words, given, context));
}

async function runWindows(words: string[], given: Options, { open, output, exit, env }: CommandContext): Promise<void> {
  const { checkBackfillOptions, planBackfill, runBackfill } = await import('../../../actions/run/backfill.js');
  checkBackfillOptions(given);
  const session = await open({ policy: 'required', access: 'write', databaseUri: given.databaseUri });
  const { jobs, failFast, dryRun, stateIdSuffix, ...window } = given;
  const planned = await planBackfill(session, {
    ...window,
    words,
    blockOptions: { ...(await blockOptionsOf({ ...given, stateStrategy: 'auto' }, session)), stateIdSuffix },
    runOptions: { ...runChoicesOf(given, env), jobs, onFailure: failurePolicy(failFast), dryRun },
  });
  const log = await session.log();
  for (const line of announcement(planned)) log.info(line);
  if (dryRun) for (const { window, stateId } of planned.blocks) output.line(`${window?.label}  ${stateId}`);
  const { run, advanced } = await runBackfill(session, planned, observeOnTerminal);
  if (run !== undefined) exit(run.exitCode);
  if (run !== undefined && run.exitCode !== 0) log.info('Run the same command again to load the remaining windows.');
  if (advanced === 'incomplete') {
    log.warning('state not advanced: some windows are not done', { hint: '`tapline backfill show` lists them.' });
  } else if (advanced !== undefined) log.info(`'${advanced.stateId}' continues from the end of the backfill`);
}

function announcement({ blocks, done, replaced }: PlannedWindows): string[] {
  const windows = (count: number) => `${count} ${count === 1 ? 'window' : 'windows'}`;
  const todo =
    blocks.length === 0
      ? `Nothing to do: ${windows(done)} already done (--restart loads them again)`
      : `${windows(blocks.length)} to do${done === 0 ? '' : `, ${done} already done`}`;
  if (replaced === 0) return [todo];
  return [todo, `Replaced ${windows(replaced)} of an earlier backfill with different boundaries`];
}
