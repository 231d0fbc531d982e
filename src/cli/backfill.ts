/** `tapline backfill`: turns words and options into windows and runs them like any other blocks. */
import { availableParallelism } from 'node:os';
import { TaplineError } from '../errors.js';
import type { WindowRow } from '../history/port.js';
import type { OptionsOf } from '../option-definition.js';
import {
  type BackfillSettings,
  backfillSettings,
  checkEnds,
  checkPartition,
} from '../plan/backfill/backfill-settings.js';
import { readPartitions } from '../plan/backfill/partitions.js';
import { streamOf } from '../plan/backfill/window-blocks.js';
import { checkRange, checkZone, readMoment, type TimeRange } from '../plan/backfill/windows.js';
import type { ChainBlock, Plan } from '../plan/types.js';
import { type BackfillRequest, planWindows } from '../run/plan-windows.js';
import type { Session } from '../session.js';
import type { ResolvedPlugin } from '../settings/types.js';
import { advanceState, refuseExistingState } from './advance-state.js';
import type { CommandContext } from './context.js';
import type { dryRun } from './options/common.js';
import type { backfillDefinitions, failurePolicyDefinitions, jobs, statelessness } from './options/run.js';
import {
  blockOptionsOf,
  executePlan,
  failurePolicy,
  type PlanOptions,
  planOf,
  runOptionsOf,
  warnAbout,
} from './run-plan.js';

export type BackfillOptions = Omit<PlanOptions, 'force'> &
  OptionsOf<
    typeof backfillDefinitions &
      typeof jobs &
      typeof failurePolicyDefinitions &
      typeof dryRun &
      Pick<typeof statelessness, 'stateIdSuffix'>
  >;

type Chain = ChainBlock & { stateId: string };

export async function runBackfill(
  words: readonly string[],
  options: BackfillOptions,
  { open, output, exit, env }: CommandContext,
): Promise<void> {
  refuseMix(options);
  const session = await open({ policy: 'required', access: 'write', databaseUri: options.databaseUri });
  await session.fetchMissingLocks(words);
  const { force = false, dryRun = false, restart = false } = options;
  // --force applies to --advance-state only: a window that another backfill is running is never taken over.
  const blockOptions = {
    ...(await blockOptionsOf(options, session)),
    force: undefined,
    stateIdSuffix: options.stateIdSuffix,
  };
  const chain = await chainOf(words, blockOptions, session);
  const runOptions = await runOptionsOf(options, blockOptions, session, env);
  const request = { ...(await requestOf(chain, options, session)), restart, runId: runOptions.runId };
  if (options.advanceState) await refuseExistingState(session, chain.stateId, force);
  const history = dryRun ? await session.existingHistory() : await session.history();
  const { blocks, done, replaced } = await planWindows(request, history?.windows, {
    note: !dryRun && !options.onlyInstall,
  });
  await announce(blocks.length, done, replaced, session);
  if (dryRun) for (const { window, stateId } of blocks) output.line(`${window?.label}  ${stateId}`);
  const [first] = blocks;
  if (first !== undefined) {
    const jobs = options.jobs ?? availableParallelism();
    // All windows share one plan: what would stop one would stop all.
    const plan: Plan = { words: wordsOf(words, options), groups: [{ blocks: dryRun ? [first] : blocks }] };
    const onFailure = failurePolicy(options.failFast);
    const code = await executePlan(plan, { ...runOptions, jobs, onFailure, dryRun }, session);
    exit(code);
    if (code !== 0) return (await session.log()).info('Run the same command again to load the remaining windows.');
  }
  if (options.advanceState && !dryRun && !options.onlyInstall) await advanceIfDone(request, force, session);
}

function refuseMix(options: BackfillOptions): void {
  const { from, to, openEnd, partition, window, advanceState } = options;
  const hasTime = [from, to, openEnd, window].some((given) => given !== undefined);
  const faults: [boolean, string, string][] = [
    [
      !hasTime && partition === undefined,
      'missing --from and --to',
      'Use --partition instead for parts that are not ranges of time.',
    ],
    [hasTime && from === undefined, 'missing --from', 'It is the start of the first window, such as 2023-01-01.'],
    [
      openEnd === true && (to ?? window) !== undefined,
      '--open-end cannot be combined with --to or --window',
      'It loads one window from --from on, without an end.',
    ],
    [
      hasTime && to === undefined && openEnd === undefined,
      'missing --to',
      'It is the end of the last window, exclusive. Use --open-end for one window without an end.',
    ],
    [
      advanceState === true && (partition !== undefined || !hasTime),
      '--advance-state requires windows of time',
      'Each partition has its own state, and none of them is the state of the whole chain.',
    ],
  ];
  const fault = faults.find(([isThere]) => isThere);
  if (fault !== undefined) throw new TaplineError('USAGE', fault[1], { hint: fault[2] });
}

/** Plans exactly one chain, which must keep state. */
async function chainOf(words: readonly string[], options: ChainBlock['options'], session: Session): Promise<Chain> {
  const plan = await planOf(words, options, session);
  await warnAbout(plan, session);
  const [block, ...others] = plan.groups.flatMap(({ blocks }) => blocks);
  if (block === undefined || block.kind !== 'chain' || others.length > 0 || block.scope !== undefined) {
    throw new TaplineError(
      'BLOCK_ORDER',
      'a backfill takes exactly one extractor and one loader, with optional mappings between them',
      {
        hint: 'For example: tapline backfill tap-x target-y --from 2023-01-01 --to 2024-01-01 --window 7d',
      },
    );
  }
  const { stateId } = block;
  if (stateId !== undefined) return { ...block, stateId };
  throw new TaplineError('ENVIRONMENT_REQUIRED', 'a backfill requires an environment', {
    hint: 'The environment is part of the state IDs of its windows. Choose one with `--environment`, or set `default_environment`.',
  });
}

async function requestOf(
  chain: Chain,
  options: BackfillOptions,
  session: Session,
): Promise<Omit<BackfillRequest, 'restart' | 'runId'>> {
  const tap = (await session.settings()).plugin(chain.tap, { extraEnv: chain.env });
  session.mask.add(tap.secrets);
  const settings = backfillSettings(tap);
  const zone = options.timezone ?? settings.timezone ?? 'UTC';
  checkZone(zone);
  const partitions = readPartitions(options.partition ?? []);
  checkPartition(partitions[0] ?? {}, settings, tap);
  const range = rangeOf(options, zone);
  if (range === undefined) return { chain, settings, zone, range, length: undefined, partitions };
  checkEnds(settings, tap, range.to === undefined);
  await logWindowSettings(settings, tap, session);
  const length = options.window ?? settings.window;
  if (length === undefined && range.to !== undefined) {
    throw new TaplineError('USAGE', 'missing --window', {
      hint: 'It is the length of each window: 12h, 7d, 1mo, 1y. The plugin can set a default: `backfill: {window: 7d}`.',
    });
  }
  return { chain, settings, zone, range, length, partitions };
}

function rangeOf({ from, to }: BackfillOptions, zone: string): TimeRange | undefined {
  if (from === undefined) return undefined;
  const start = readMoment(from, zone, '--from');
  if (to === undefined) return { from: start, to: undefined };
  const range = { from: start, to: readMoment(to, zone, '--to') };
  checkRange(range);
  return range;
}

async function logWindowSettings(
  { start, end, isGuessed }: BackfillSettings,
  tap: ResolvedPlugin,
  session: Session,
): Promise<void> {
  const log = await session.log();
  if (isGuessed)
    log.info(`Passing windows to ${tap.plugin.name} as '${start}'${end === undefined ? '' : ` and '${end}'`}`);
  for (const name of [start, end]) {
    if (name === undefined || tap.settings.has(name)) continue;
    log.warning(`setting '${name}' of ${tap.plugin.name} is not declared; it is passed to the tap anyway`, {
      code: 'SETTING_UNKNOWN',
      at: tap.plugin.locate('extras', 'backfill'),
    });
  }
}

async function announce(todo: number, done: number, replaced: number, session: Session): Promise<void> {
  const log = await session.log();
  const windows = (count: number) => `${count} ${count === 1 ? 'window' : 'windows'}`;
  if (todo === 0) log.info(`Nothing to do: ${windows(done)} already done (--restart loads them again)`);
  else log.info(`${windows(todo)} to do${done === 0 ? '' : `, ${done} already done`}`);
  if (replaced > 0) log.info(`Replaced ${windows(replaced)} of an earlier backfill with different boundaries`);
}

/** The command as the history records it, so that it can be repeated. */
function wordsOf(words: readonly string[], options: BackfillOptions): string[] {
  const { from, to, window, timezone, stateIdSuffix, partition = [], openEnd, select = [], exclude = [] } = options;
  const given = { from, to, window, timezone, 'state-id-suffix': stateIdSuffix };
  return [
    'backfill',
    ...words,
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
    ...(openEnd ? ['--open-end'] : []),
    ...partition.flatMap((text) => ['--partition', text]),
    ...select.flatMap((text) => ['--select', text]),
    ...exclude.flatMap((text) => ['--exclude', text]),
  ];
}

async function advanceIfDone(request: BackfillRequest, force: boolean, session: Session): Promise<void> {
  const { chain, range } = request;
  const { windows } = await session.history();
  const { blocks } = await planWindows({ ...request, restart: false }, windows, { note: false });
  const rows = await windows.list({ stateId: chain.stateId, stream: streamOf(chain) });
  const last = blocks.length > 0 ? undefined : rows.find((row) => endsWith(row, range));
  if (last === undefined) {
    (await session.log()).warning('state not advanced: some windows are not done', {
      hint: '`tapline backfill show` lists them.',
    });
    return;
  }
  await advanceState(session, last, force);
  (await session.log()).info(`'${chain.stateId}' continues from the end of the backfill`);
}

function endsWith({ status, from, to }: WindowRow, range: TimeRange | undefined): boolean {
  if (status !== 'success' || from === undefined || range === undefined) return false;
  // A window that reaches beyond the end belongs to windows of another length.
  return range.to === undefined
    ? from === range.from && to === undefined
    : to !== undefined && from < range.to && to >= range.to;
}
