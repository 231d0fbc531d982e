/** Loads a range of time or partitions as windows, each with its own state, run like any other blocks. */
import { TaplineError } from '../../errors.js';
import type { WindowRow } from '../../history/port.js';
import {
  type BackfillSettings,
  backfillSettings,
  checkEnds,
  checkPartition,
} from '../../plan/backfill/backfill-settings.js';
import { readPartitions } from '../../plan/backfill/partitions.js';
import type { TimeRange } from '../../plan/backfill/time-range.js';
import { streamOf } from '../../plan/backfill/window-blocks.js';
import { checkRange, checkZone, readMoment } from '../../plan/backfill/windows.js';
import type { BlockOptions, ChainBlock, Plan } from '../../plan/types.js';
import { type BackfillRequest, type PlannedWindows, planWindows } from '../../run/plan-windows.js';
import { defaultJobs } from '../../run/sections.js';
import type { RunOptions, RunResult } from '../../run/types.js';
import type { Session } from '../../session/session.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import { advanceState, refuseExistingState } from '../state/advance.js';
import { completeRunOptions, executePlan, type Observe, type RunChoices } from './execute-plan.js';
import { planBlocks, warnAbout } from './plan-blocks.js';

export interface BackfillOptions {
  /** The words of one extract-load block. */
  words: readonly string[];
  /** Start of the first window. */
  from?: string | undefined;
  /** End of the last window, exclusive. */
  to?: string | undefined;
  /** Length of a window: 12h, 7d, 1mo, 1y or ISO 8601. */
  window?: string | undefined;
  timezone?: string | undefined;
  /** `name=value,value`; one part for each value. */
  partition?: readonly string[] | undefined;
  /** One window from `from` on, for a tap that takes no end. */
  openEnd?: boolean | undefined;
  /** Load finished windows again. */
  restart?: boolean | undefined;
  /** When all windows are done, continue the chain's own state from the last one. */
  advanceState?: boolean | undefined;
  /** With `advanceState`: replace a state that the chain already has. */
  force?: boolean | undefined;
  blockOptions: BlockOptions;
  runOptions: RunChoices;
}

type Chain = ChainBlock & { stateId: string };

export interface PlannedBackfill extends PlannedWindows {
  options: BackfillOptions;
  request: BackfillRequest;
  runOptions: RunOptions;
}

export interface BackfillResult {
  /** Undefined if there was nothing to do. */
  run: RunResult | undefined;
  /** The state ID that `advanceState` set, `incomplete` if some windows are not done. */
  advanced: { stateId: string } | 'incomplete' | undefined;
}

/** Plans the windows that are left and, except in a dry run, notes them in the history. */
export async function planBackfill(session: Session, options: BackfillOptions): Promise<PlannedBackfill> {
  await session.fetchMissingLocks(options.words);
  // `force` is for `advanceState` only: a window that another backfill is running is never taken over.
  const blockOptions = { ...options.blockOptions, force: undefined };
  const chain = await chainOf(options.words, blockOptions, session);
  const runOptions = await completeRunOptions(options.runOptions, blockOptions, session);
  const { restart = false, force = false } = options;
  const request = { ...(await requestOf(chain, options, session)), restart, runId: runOptions.runId };
  if (options.advanceState) await refuseExistingState(session, chain.stateId, force);
  const history = runOptions.dryRun ? await session.existingHistory() : await session.history();
  const note = !runOptions.dryRun && runOptions.install !== 'only';
  return { ...(await planWindows(request, history?.windows, { note })), options, request, runOptions };
}

/** Runs planned windows; then, if asked to, advances the chain's own state. */
export async function runBackfill(
  session: Session,
  { blocks, options, request, runOptions }: PlannedBackfill,
  observe: Observe,
): Promise<BackfillResult> {
  const isDry = runOptions.dryRun === true;
  const [first] = blocks;
  let run: RunResult | undefined;
  if (first !== undefined) {
    const jobs = runOptions.jobs ?? defaultJobs();
    // All windows share one plan: what would stop one would stop all.
    const plan: Plan = { words: wordsOf(options), groups: [{ blocks: isDry ? [first] : blocks }] };
    run = await executePlan(plan, { ...runOptions, jobs }, session, observe);
    if (run.exitCode !== 0) return { run, advanced: undefined };
  }
  const mayAdvance = options.advanceState && !isDry && runOptions.install !== 'only';
  return { run, advanced: mayAdvance ? await advanceIfDone(request, options.force === true, session) : undefined };
}

/** Throws USAGE for options that exclude each other or are missing. */
export function checkBackfillOptions(options: Omit<BackfillOptions, 'words' | 'blockOptions' | 'runOptions'>): void {
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
  const plan = await planBlocks(words, options, session);
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

/** The command as the history records it, so that it can be repeated. */
function wordsOf(options: BackfillOptions): string[] {
  const { words, from, to, window, timezone, partition = [], openEnd } = options;
  const { stateIdSuffix, selectFilter = [] } = options.blockOptions;
  const given = { from, to, window, timezone, 'state-id-suffix': stateIdSuffix };
  return [
    'backfill',
    ...words,
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
    ...(openEnd ? ['--open-end'] : []),
    ...partition.flatMap((text) => ['--partition', text]),
    ...selectFilter.flatMap((pattern) =>
      pattern.startsWith('!') ? ['--exclude', pattern.slice(1)] : ['--select', pattern],
    ),
  ];
}

async function advanceIfDone(
  request: BackfillRequest,
  force: boolean,
  session: Session,
): Promise<{ stateId: string } | 'incomplete'> {
  const { chain, range } = request;
  const { windows } = await session.history();
  const { blocks } = await planWindows({ ...request, restart: false }, windows, { note: false });
  const rows = await windows.list({ stateId: chain.stateId, stream: streamOf(chain) });
  const last = blocks.length > 0 ? undefined : rows.find((row) => endsWith(row, range));
  if (last === undefined) return 'incomplete';
  await advanceState(session, last, force);
  return { stateId: chain.stateId };
}

function endsWith({ status, from, to }: WindowRow, range: TimeRange | undefined): boolean {
  if (status !== 'success' || from === undefined || range === undefined) return false;
  // A window that reaches beyond the end belongs to windows of another length.
  return range.to === undefined
    ? from === range.from && to === undefined
    : to !== undefined && from < range.to && to >= range.to;
}
