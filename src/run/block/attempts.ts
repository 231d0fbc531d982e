import { TaplineError } from '../../errors.js';
import type { FinishedBlock } from '../../history/port.js';
import type { Block, RetryRule } from '../../plan/types.js';
import type { Lease } from '../../state/port.js';
import { type Busy, type Claim, pluginsOf, releaseClaim, takeClaim } from '../claim/claim.js';
import { keepLease } from '../claim/lease.js';
import type { Emit, EventPlace } from '../emit.js';
import type { BlockSummary } from '../events.js';
import type { BlockEnd, BlockWork } from '../limiter.js';
import { chainOptions, type RunContext } from '../run-context.js';
import { StopControl } from '../stop-control.js';
import { type ChainRecord, runChainBlock } from './chain.js';
import { runCommandBlock } from './command.js';
import { describeBlock, summaryOf } from './report.js';
import { mayPass, pauseSeconds, retryOf, retryRule } from './retry-rule.js';
import { isWindow, rangeOf, runWindow } from './window.js';

/** Claims, runs and reports the blocks of a run, on behalf of the limiter. */
export function blockWork(context: RunContext): BlockWork<Held> {
  const told = new Map<Block, string>();
  const failed = new Map<Block, FailedAttempt>();
  const attemptOf = (block: Block) => (failed.get(block)?.attempt ?? 0) + 1;
  /** Reports the end of the block, or schedules another attempt. */
  const end = (block: Block, summary: BlockSummary, retry: RetryRule, mayRetry: () => boolean): BlockEnd => {
    const attempt = attemptOf(block);
    const isAgain = summary.status === 'failed' && mayPass(summary.error) && attempt <= retry.retries && mayRetry();
    if (!isAgain) return finish(context, block, attempt, summary);
    failed.set(block, { attempt, summary });
    const delaySeconds = pauseSeconds(retry, attempt);
    const emit = context.emitter.at(placeOf(block, attempt));
    emit({ type: 'block.retrying', attempts: retry.retries + 1, delaySeconds, summary });
    return { againAfterSeconds: delaySeconds };
  };
  return {
    claim: async (block, { mayRetry }) => {
      const claimed = await claim(context, block, attemptOf(block), told);
      if (!('unstarted' in claimed)) return claimed;
      const ended = end(block, claimed.unstarted, claimed.retry, mayRetry);
      return 'againAfterSeconds' in ended ? ended : { summary: ended };
    },
    run: async (block, held, { stop, mayRetry }) => {
      const summary = await runBlock(context, block, held, attemptOf(block), stop);
      return end(block, summary, held.retry, mayRetry);
    },
    giveBack: releaseUnused,
    notStarted: (block) => {
      const last = failed.get(block);
      // A block that waits for its next attempt has failed, whatever prevents that attempt.
      if (last !== undefined) return finish(context, block, last.attempt, last.summary);
      return finish(context, block, 1, unstarted(context, block, 1, 'not_started', undefined));
    },
  };
}

/** What a block holds for an attempt, and the rule for when that fails. */
type Held = Claim & { retry: RetryRule };

interface FailedAttempt {
  attempt: number;
  summary: BlockSummary;
}

/** Emitted once per block, however often it is tried. */
function finish({ emitter }: RunContext, block: Block, attempt: number, summary: BlockSummary): BlockSummary {
  emitter.at(placeOf(block, attempt))({ type: 'block.finished', summary });
  return summary;
}

/** The envelope fields of the events of an attempt. */
function placeOf({ id, scope }: Block, attempt: number): EventPlace {
  return { blockId: id, parentId: scope?.id, attempt };
}

/** `unstarted`: the attempt ended before it began. */
async function claim(
  context: RunContext,
  block: Block,
  attempt: number,
  told: Map<Block, string>,
): Promise<{ claim: Held } | { wait: Busy['for'] } | { unstarted: BlockSummary; retry: RetryRule }> {
  const emit = context.emitter.at(placeOf(block, attempt));
  let retry: RetryRule = { retries: 0, delaySeconds: 0 };
  try {
    const { settings } = context.world;
    const plugins = pluginsOf(block).map((plugin) => settings.plugin(plugin, { extraEnv: block.env }));
    retry = retryRule(plugins.map(retryOf), block, context.options.retry);
    const taken = await takeClaim(context, block, plugins, emit);
    if (!('error' in taken)) return { claim: { ...taken, retry } };
    if (mustWait(context, taken)) return wait(block, taken, told, emit);
    return { unstarted: refused(context, block, attempt, taken), retry };
  } catch (error) {
    return { unstarted: unstarted(context, block, attempt, 'failed', error), retry };
  }
}

function mustWait({ options }: RunContext, busy: Busy): boolean {
  return busy.for === 'concurrency' || options.ifRunning === 'wait';
}

/** Emitted once per holder, not each time we ask. */
function wait(block: Block, busy: Busy, told: Map<Block, string>, emit: Emit): { wait: Busy['for'] } {
  const news = `${busy.for} ${busy.holder}`;
  if (told.get(block) !== news) emit({ type: 'block.waiting', name: block.name, for: busy.for, holder: busy.holder });
  told.set(block, news);
  return { wait: busy.for };
}

function refused(context: RunContext, block: Block, attempt: number, { error }: Busy): BlockSummary {
  if (context.options.ifRunning !== 'skip') return unstarted(context, block, attempt, 'failed', error);
  const skipped = new TaplineError('RUN_SKIPPED', `skipped: ${error.message}`, { data: error.data });
  return unstarted(context, block, attempt, 'skipped', skipped);
}

/** Releases a claim that was taken but not used: its row must not stay RUNNING. */
async function releaseUnused(held: Claim): Promise<void> {
  await held.state?.row.finish('The process was interrupted').catch(() => undefined);
  await releaseClaim(held);
}

/** Records an attempt that never ran. */
function unstarted(
  context: RunContext,
  block: Block,
  attempt: number,
  status: 'failed' | 'skipped' | 'not_started',
  error: unknown,
): BlockSummary {
  const summary = withAttempts(summaryOf(block, { status, durationSeconds: 0, error }), attempt);
  noteStart(context, block, attempt);
  noteEnd(context, { summary, streams: [], versionBefore: undefined, versionAfter: undefined }, attempt);
  return summary;
}

/** Runs one attempt and releases its claim. Never rejects. */
async function runBlock(
  context: RunContext,
  block: Block,
  held: Claim,
  attempt: number,
  groupStop: StopControl,
): Promise<BlockSummary> {
  const emit = context.emitter.at(placeOf(block, attempt));
  const stop = new StopControl(groupStop);
  const started = performance.now();
  emit({ type: 'block.started', ...describeBlock(block) });
  noteStart(context, block, attempt);
  warnWithoutState(context, block, emit);
  const leases = keepClaim(held, stop, emit);
  let record: ChainRecord;
  try {
    record = await start(context, block, held, stop, emit);
  } catch (error) {
    record = withoutStreams(summaryOf(block, { ...endedBy(error, stop), durationSeconds: 0 }));
  }
  await leases.stop();
  record = await finishClaim(context, block, held, record, emit);
  await context.directories
    .of(block)
    .then((directory) => directory.removeBlock(block.id))
    .catch(() => undefined);
  // The block's time includes settings, discovery and the last save, not only its processes.
  const durationSeconds = (performance.now() - started) / 1000;
  const summary = withAttempts({ ...record.summary, durationSeconds }, attempt);
  noteEnd(context, { ...record, summary }, attempt);
  return summary;
}

function withAttempts(summary: BlockSummary, attempt: number): BlockSummary {
  return attempt === 1 ? summary : { ...summary, attempts: attempt };
}

async function start(
  context: RunContext,
  block: Block,
  held: Claim,
  stop: StopControl,
  emit: Emit,
): Promise<ChainRecord> {
  if (block.kind === 'command') return withoutStreams(await runCommandBlock(context, block, stop, emit));
  if (isWindow(block)) return runWindow(context, block, held, stop, emit);
  return runChainBlock(context, block, held, stop, emit);
}

function withoutStreams(summary: BlockSummary): ChainRecord {
  return { summary, streams: [], versionBefore: undefined, versionAfter: undefined };
}

/** A block that was interrupted because the run stops has not failed. */
function endedBy(error: unknown, stop: StopControl): { status: 'failed' | 'stopped'; error?: unknown } {
  const interrupted = error instanceof TaplineError && error.code === 'INTERRUPTED';
  if (interrupted && stop.stopping && stop.first?.reason !== 'lease') return { status: 'stopped' };
  return { status: 'failed', error };
}

/** Renews what the block holds. A lost lease stops the block: from then on another run may write. */
function keepClaim({ state, slots }: Claim, stop: StopControl, emit: Emit): { stop(): Promise<void> } {
  const lost = (lease: Lease, error: TaplineError): void => {
    if (lease === state?.lease) emit({ type: 'lease.lost', stateId: lease.name, token: lease.token });
    emit({ type: 'warning', code: error.code, message: error.message, hint: error.hint });
    stop.request({ reason: 'lease', second: false });
  };
  state?.row.watch((error) => lost(state.lease, error));
  const leases = state === undefined ? slots : [state.lease, ...slots];
  const kept = leases.map((lease) => keepLease(lease, (error) => lost(lease, error)));
  return {
    stop: async () => {
      for (const lease of kept) await lease.stop();
    },
  };
}

/** Ends the row and releases the claim. A row that can't be ended is a failure: other runs would wait for it. */
async function finishClaim(
  context: RunContext,
  block: Block,
  held: Claim,
  record: ChainRecord,
  emit: Emit,
): Promise<ChainRecord> {
  let { summary } = record;
  try {
    await held.state?.row.finish(rowError(context, summary));
  } catch (error) {
    if (summary.status === 'success') summary = { ...summaryOf(block, { ...summary, status: 'failed', error }) };
  }
  await releaseClaim(held);
  if (held.state !== undefined) {
    const { id, lease } = held.state;
    emit({ type: 'lease.released', stateId: id, token: lease.token });
  }
  return { ...record, summary };
}

/** The error text of the row, in the original's words where it has any. */
function rowError({ world, stop }: RunContext, { status, error }: BlockSummary): string | undefined {
  if (status === 'success') return undefined;
  if (error !== undefined) return world.mask.own(error.message);
  const terminated = stop.first?.signal === 'SIGTERM' || stop.first?.signal === 'SIGHUP';
  return terminated ? 'The process was terminated' : 'The process was interrupted';
}

function warnWithoutState(context: RunContext, block: Block, emit: Emit): void {
  if (block.kind !== 'chain') return;
  const { force, noStateUpdate } = chainOptions(context, block);
  if (block.stateId === undefined || noStateUpdate) {
    const message = 'state is neither read nor saved in this run';
    emit({
      type: 'warning',
      code: 'STATE_NOT_KEPT',
      message,
      hint: 'This run starts from scratch, and so does the next.',
    });
  } else if (force) {
    emit({ type: 'log', level: 'warning', message: 'Force option is enabled, ignoring stale job check.' });
  }
}

function noteStart({ notes, options, owner }: RunContext, block: Block, attempt: number): void {
  const { kind, name, stateId } = describeBlock(block);
  const row = {
    runId: owner.runId,
    blockId: block.id,
    kind,
    name,
    plugins: pluginsOf(block).map((plugin) => plugin.name),
    stateId,
    window: block.kind === 'chain' ? rangeOf(block) : undefined,
    parentId: block.scope?.id,
    attempt,
    options: { ...options.defaults, ...(block.kind === 'chain' ? block.options : {}) },
    startedAt: new Date(),
  };
  void notes.note((history) => history.startBlock(row));
}

function noteEnd(
  { notes, owner, world }: RunContext,
  { summary, streams, versionBefore, versionAfter }: ChainRecord,
  attempt: number,
): void {
  const { blockId, status, counts, error, exitCodes } = summary;
  const row: FinishedBlock = {
    runId: owner.runId,
    blockId,
    attempt,
    status,
    endedAt: new Date(),
    recordsExtracted: counts?.recordsExtracted,
    recordsLoaded: counts?.recordsLoaded,
    bytesExtracted: counts?.bytesExtracted,
    stateVersionBefore: versionBefore,
    stateVersionAfter: versionAfter,
    error: error === undefined ? undefined : world.mask.value({ ...error }),
    exitCodes,
  };
  void notes.note((history) => history.finishBlock(row));
  if (streams.length === 0) return;
  const rows = streams.map((stream) => ({ runId: owner.runId, blockId, ...stream }));
  void notes.note((history) => history.recordStreams(rows));
}
