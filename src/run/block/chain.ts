import { createHash } from 'node:crypto';
import { isatty } from 'node:tty';
import { TaplineError } from '../../errors.js';
import type { BlockOptions, ChainBlock } from '../../plan/types.js';
import { exactJson } from '../../singer/exact-json.js';
import type { SingerState } from '../../state/port.js';
import { startChain } from '../chain/chain-run.js';
import type { ChainHooks, ChainOutcome, ChainSpec } from '../chain/types.js';
import type { Claim } from '../claim/claim.js';
import type { Emit } from '../emit.js';
import type { BlockSummary } from '../events.js';
import { settleAll } from '../files/run-directory.js';
import { makeFifos } from '../process/fifo.js';
import { chainOptions, type RunContext } from '../run-context.js';
import type { StopControl } from '../stop-control.js';
import { withUnreached } from '../tap/selected-streams.js';
import { loadTapState, type TapState } from '../tap/tap-state.js';
import { summaryOf } from './report.js';
import { rescueFolders, stateNotSaved, underLease } from './rescue.js';
import { resolveChain, setUpChain, stallSeconds } from './setup.js';

/** A stopped chain has this long to load what it has read; a state that still can't be saved then goes to a rescue file. */
const stopSeconds = 25;

/** What the history records of a chain. */
export interface ChainRecord {
  summary: BlockSummary;
  streams: (ChainOutcome['streams'][number] & { schemaHash?: string | undefined })[];
  versionBefore: number | undefined;
  versionAfter: number | undefined;
}

/** Runs one extract-load block from its claim to its last saved state. Rejects if it can't be started. */
export async function runChainBlock(
  context: RunContext,
  block: ChainBlock,
  claim: Claim,
  stop: StopControl,
  emit: Emit,
): Promise<ChainRecord> {
  const { world, reaper, owner } = context;
  const options = chainOptions(context, block);
  const { fullRefresh = false, refreshCatalog = false, selectFilter } = options;
  const chain = resolveChain(world, block, emit, options);
  const directory = await (await context.directories.of(block)).block(block.id);
  const notes = context.notes.processes(block.id, owner);
  const tapState =
    claim.state === undefined
      ? undefined
      : await loadTapState(
          chain.tap,
          world.state,
          {
            stateId: claim.state.id,
            fullRefresh,
            selectFilter,
            isWindow: block.window !== undefined,
            projectRoot: world.project.root,
          },
          emit,
        );
  const discovery = block.window === undefined ? undefined : context.discovery;
  const refresh = refreshCatalog || fullRefresh;
  const setUp = { directory, state: tapState, refreshCatalog: refresh, stop, reaper, notes, discovery };
  // Started before the files are written: both take about as long.
  const fifos = makeFifos(directory, chain.mappers.length + 1);
  const [processes] = await settleAll([setUpChain(world, chain, setUp, emit), fifos]);
  await claim.state?.row.checkBeforeStart();

  const saver =
    claim.state === undefined ? undefined : new CheckpointSaver(context, options, claim.state, tapState, emit);
  const schemas = new SchemaHashes(emit);
  const hooks: ChainHooks = {
    emit: schemas.emit,
    reaper,
    ...notes,
    ...(saver === undefined ? {} : { save: saver.save }),
  };
  const stateId = claim.state?.id;
  const strictSinger = context.options.strictSinger;
  // A process in a session of its own can't read the terminal. (Asking process.stdin would make a shared pipe non-blocking.)
  const tapStdin = isatty(0) ? 'ignore' : 'inherit';
  const spec: ChainSpec = { name: block.name, directory, fifos, processes, stateId, strictSinger, tapStdin };
  const stallTimeoutSeconds = stallSeconds(chain);
  const outcome = await followStops(startChain({ ...spec, stallTimeoutSeconds }, hooks), stop);
  const error = await errorOf(context, block, outcome, saver, stop);
  const { status } = outcome;
  const summary = summaryOf(block, { ...outcome, status: error === undefined ? status : 'failed', error });
  const streams = outcome.streams.map((stream) => ({ ...stream, schemaHash: schemas.of(stream.stream) }));
  return { summary, streams, versionBefore: tapState?.version, versionAfter: saver?.version };
}

/** The last schema of each stream, so that the history can tell when one changes. */
class SchemaHashes {
  private readonly hashes = new Map<string, string>();

  constructor(private readonly next: Emit) {}

  readonly emit: Emit = (event) => {
    if (event.type === 'schema') {
      const text = exactJson({ schema: event.schema, keyProperties: event.keyProperties });
      this.hashes.set(event.stream, createHash('sha256').update(text).digest('hex'));
    }
    this.next(event);
  };

  of(stream: string): string | undefined {
    return this.hashes.get(stream);
  }
}

async function followStops(chain: ReturnType<typeof startChain>, stop: StopControl): Promise<ChainOutcome> {
  let timer: NodeJS.Timeout | undefined;
  const off = stop.listen(({ reason, second }) => {
    if (second) chain.kill();
    else {
      chain.stop(reason);
      timer = setTimeout(() => chain.kill(), stopSeconds * 1000);
    }
  });
  const outcome = await chain.done;
  off();
  clearTimeout(timer);
  return outcome;
}

/** The error of a chain that has ended. A state that was printed but not saved outranks the cause of the end. */
async function errorOf(
  context: RunContext,
  block: ChainBlock,
  { error, state, stopReason }: ChainOutcome,
  saver: CheckpointSaver | undefined,
  stop: StopControl,
): Promise<TaplineError | undefined> {
  const lost =
    stopReason === 'lease' ||
    (error instanceof TaplineError && (error.code === 'LEASE_LOST' || error.code === 'LEASE_HELD'));
  if (saver !== undefined && !state.isSaved && state.printed !== undefined && !(lost && saver.takenOver)) {
    const printed = saver.whole(state.printed);
    const unsaved = { stateId: saver.stateId, runId: context.options.runId, state: printed, mode: saver.mode };
    return stateNotSaved({ ...unsaved, folders: rescueFolders(context.world.runDirRoot) }, saver.lastError ?? error);
  }
  if (error !== undefined) return error;
  if (stop.first?.reason !== 'lease') return undefined;
  if (saver?.yielded !== undefined) return saver.yielded;
  return new TaplineError('LEASE_LOST', `lease of '${block.name}' was lost while it ran, so it was stopped`, {
    hint: 'What it had saved is kept; the next run continues from there.',
  });
}

/** Saves what the target prints: first the state under the lease, then a copy in the row that the original reads. */
class CheckpointSaver {
  readonly stateId: string;
  readonly mode: 'completed' | 'partial';
  /** The version of the last saved state. */
  version: number | undefined;
  lastError: unknown;
  /** Another run holds the lease now, so our state must not be restored later. */
  takenOver = false;
  private readonly before: SingerState | undefined;

  constructor(
    private readonly context: RunContext,
    private readonly options: BlockOptions,
    private readonly claim: NonNullable<Claim['state']>,
    tapState: TapState | undefined,
    private readonly emit: Emit,
  ) {
    this.stateId = claim.id;
    this.before = tapState?.before;
    this.mode = tapState?.isReplaced ? 'completed' : saveMode(options, this.before !== undefined);
  }

  /** Why this run yielded to another. */
  get yielded(): TaplineError | undefined {
    return this.claim.row.yielded;
  }

  /** Adds the bookmarks of the streams that the run leaves out, unless `--state-strategy` says otherwise. */
  whole(printed: SingerState): SingerState {
    const { before, options } = this;
    const isAuto = (options.stateStrategy ?? 'auto') === 'auto';
    return before !== undefined && isAuto ? withUnreached(before, printed) : printed;
  }

  readonly save = async (printed: SingerState, { recordsLoaded }: { recordsLoaded: number }): Promise<void> => {
    const { lease, row } = this.claim;
    const state = this.whole(printed);
    try {
      const write = { mode: this.mode, state: { singer_state: state }, runId: this.context.options.runId };
      const { version } = await underLease(lease, async () => {
        await row.checkBeforeSave();
        return lease.save(write);
      });
      this.version = version;
      this.emit({ type: 'checkpoint', stateId: this.stateId, stateVersion: version, recordsLoaded, saved: this.mode });
    } catch (error) {
      this.lastError = error;
      this.takenOver ||=
        error instanceof TaplineError && (error.code === 'LEASE_HELD' || error.data?.takenOver === true);
      throw error;
    }
    await this.context.notes.note(() => row.checkpoint(state, this.mode));
  };
}

/**
 * Whether a checkpoint replaces the state or is merged into the partial one, as in the original: a full refresh may stop half-way,
 * and then the streams that it has not reached keep their bookmarks. `isWhole`: the checkpoint already has the bookmarks of those
 * streams, so it can replace the state.
 */
function saveMode({ fullRefresh, stateStrategy = 'auto' }: BlockOptions, isWhole: boolean): 'completed' | 'partial' {
  if (stateStrategy === 'merge') return 'partial';
  return fullRefresh && stateStrategy === 'auto' && !isWhole ? 'partial' : 'completed';
}
