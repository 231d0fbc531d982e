/** `tapline backfill`: from its words and options to windows, run by the engine that runs everything else. */
import { availableParallelism } from 'node:os';
import { TaplineError } from '../errors.js';
import type { WindowRow } from '../history/port.js';
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
import {
  blockOptionsOf,
  executePlan,
  failurePolicy,
  type PlanOptions,
  planOf,
  runOptionsOf,
  warnAbout,
} from './run-plan.js';

export interface BackfillOptions extends PlanOptions {
  from?: string;
  to?: string;
  window?: string;
  timezone?: string;
  partition?: string[];
  openEnd?: true;
  restart?: true;
  advanceState?: true;
  jobs?: number;
  failFast?: boolean;
  stateIdSuffix?: string;
  dryRun?: true;
}

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
  // The flag is for --advance-state: a window that another backfill runs is never taken from it.
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
    // What would stop one of them would stop all.
    const plan: Plan = { words: wordsOf(words, options), groups: [{ blocks: dryRun ? [first] : blocks }] };
    const onFailure = failurePolicy(options.failFast);
    const code = await executePlan(plan, { ...runOptions, jobs, onFailure, dryRun }, session);
    exit(code);
    if (code !== 0) return (await session.log()).info('The same command again does what is left.');
  }
  if (options.advanceState && !dryRun && !options.onlyInstall) await adopt(request, force, session);
}

function refuseMix(options: BackfillOptions): void {
  const { from, to, openEnd, partition, window, advanceState } = options;
  const hasTime = [from, to, openEnd, window].some((given) => given !== undefined);
  const faults: [boolean, string, string][] = [
    [
      !hasTime && partition === undefined,
      'Missing --from and --to.',
      'Or --partition, for parts that are no range of time.',
    ],
    [hasTime && from === undefined, 'Missing --from.', 'Where the first window begins, such as 2023-01-01.'],
    [
      openEnd === true && (to ?? window) !== undefined,
      '--open-end takes neither --to nor --window.',
      'It is one window from --from on, without an end.',
    ],
    [
      hasTime && to === undefined && openEnd === undefined,
      'Missing --to.',
      'The end, which is not included. With --open-end it is one window from --from on.',
    ],
    [
      advanceState === true && (partition !== undefined || !hasTime),
      '--advance-state goes with windows of time only.',
      'Partitions have a state each, and none of them is the state of all.',
    ],
  ];
  const fault = faults.find(([isThere]) => isThere);
  if (fault !== undefined) throw new TaplineError('USAGE', fault[1], { hint: fault[2] });
}

/** Exactly one chain, and it keeps state. */
async function chainOf(words: readonly string[], options: ChainBlock['options'], session: Session): Promise<Chain> {
  const plan = await planOf(words, options, session);
  await warnAbout(plan, session);
  const [block, ...others] = plan.groups.flatMap(({ blocks }) => blocks);
  if (block === undefined || block.kind !== 'chain' || others.length > 0 || block.scope !== undefined) {
    throw new TaplineError('BLOCK_ORDER', 'A backfill is of one extractor and one loader, with mappings in between.', {
      hint: '`tapline backfill tap-x target-y --from 2023-01-01 --to 2024-01-01 --window 7d`.',
    });
  }
  const { stateId } = block;
  if (stateId !== undefined) return { ...block, stateId };
  throw new TaplineError(
    'ENVIRONMENT_REQUIRED',
    'A backfill remembers what it has loaded, for which it needs an environment.',
    {
      hint: 'Choose one with `--environment`, or set `default_environment`.',
    },
  );
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
  await sayEnds(settings, tap, session);
  const length = options.window ?? settings.window;
  if (length === undefined && range.to !== undefined) {
    throw new TaplineError('USAGE', 'Missing --window.', {
      hint: 'How long each window is: 12h, 7d, 1mo, 1y. Or write it to the plugin: `backfill: {window: 7d}`.',
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

async function sayEnds(
  { start, end, isGuessed }: BackfillSettings,
  tap: ResolvedPlugin,
  session: Session,
): Promise<void> {
  const log = await session.log();
  if (isGuessed)
    log.info(`Windows are given to ${tap.plugin.name} as '${start}'${end === undefined ? '' : ` and '${end}'`}`);
  for (const name of [start, end]) {
    if (name === undefined || tap.settings.has(name)) continue;
    log.warning(`No setting '${name}' of ${tap.plugin.name} is known; it is handed to the tap all the same.`, {
      code: 'SETTING_UNKNOWN',
      at: tap.plugin.locate('extras', 'backfill'),
    });
  }
}

async function announce(todo: number, done: number, replaced: number, session: Session): Promise<void> {
  const log = await session.log();
  const windows = (count: number) => `${count} ${count === 1 ? 'window' : 'windows'}`;
  if (todo === 0) log.info(`Nothing to do: ${windows(done)} done already (--restart loads what is done anew)`);
  else log.info(`${windows(todo)} to do${done === 0 ? '' : `, ${done} done already`}`);
  if (replaced > 0) log.info(`${windows(replaced)} of an earlier call, cut otherwise and not done, gave way`);
}

/** What the run is called in the history, so that a person can call it again. */
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

async function adopt(request: BackfillRequest, force: boolean, session: Session): Promise<void> {
  const { chain, range } = request;
  const { windows } = await session.history();
  const { blocks } = await planWindows({ ...request, restart: false }, windows, { note: false });
  const rows = await windows.list({ stateId: chain.stateId, stream: streamOf(chain) });
  const last = blocks.length > 0 ? undefined : rows.find((row) => endsWith(row, range));
  if (last === undefined) {
    (await session.log()).warning('The state was not advanced: not all windows are done.', {
      hint: '`tapline backfill show` lists them.',
    });
    return;
  }
  await advanceState(session, last, force);
  (await session.log()).info(`'${chain.stateId}' goes on from the end of the backfill`);
}

function endsWith({ status, from, to }: WindowRow, range: TimeRange | undefined): boolean {
  if (status !== 'success' || from === undefined || range === undefined) return false;
  // One that reaches beyond the end was loaded in windows of another size.
  return range.to === undefined
    ? from === range.from && to === undefined
    : to !== undefined && from < range.to && to >= range.to;
}
