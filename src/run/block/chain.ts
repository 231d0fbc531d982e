import { createHash } from 'node:crypto';
import { isatty } from 'node:tty';
import { hasCode, TaplineError } from '../../errors.js';
import type { BlockOptions, ChainBlock } from '../../plan/types.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import { exactJson } from '../../singer/exact-json.js';
import { startChain } from '../chain/chain-run.js';
import type { ChainHooks, ChainOutcome, ChainSpec } from '../chain/types.js';
import type { Emit } from '../emit.js';
import { settleAll } from '../files/run-directory.js';
import { makeFifos } from '../process/fifo.js';
import { chainOptions } from '../run-context.js';
import type { StopControl } from '../stop-control.js';
import { loadTapState, type TapState } from '../tap/tap-state.js';
import type { BlockRecord, BlockRun } from './block-run.js';
import type { MessageWatch } from './message-watch.js';
import { summaryOf } from './report.js';
import { rescueFolders, stateNotSaved } from './rescue.js';
import { CheckpointSaver } from './saver.js';
import { type ResolvedChain, resolveChain, setUpChain, stallSeconds } from './setup.js';

/** A stopped chain has this long to load what it has read; a state that still can't be saved then goes to a rescue file. */
const stopSeconds = 25;

/** Runs one extract-load block from its claim to its last saved state. Rejects if it can't be started. */
export async function runChain(run: BlockRun<ChainBlock>): Promise<BlockRecord> {
  const { context, block, claim, stop, emit } = run;
  const options = chainOptions(context, block);
  const chain = resolveChain(context.world, block, emit, options);
  const directory = await (await context.directories.of(block)).block(block.id);
  const tapState = await readTapState(run, chain.tap, options);
  const spec = await chainSpec(run, chain, directory, tapState);
  await claim.state?.row.checkBeforeStart();

  const saver = claim.state === undefined ? undefined : new CheckpointSaver(run, claim.state, tapState);
  const schemas = new SchemaHashes(emit);
  const notes = context.notes.processes(block.id, context.owner);
  const watch = await watchOf(run);
  const hooks: ChainHooks = {
    emit: schemas.emit,
    reaper: context.reaper,
    ...notes,
    save: saver?.save,
    canRetry: saver?.canRetry,
    listen: watch?.listen,
  };
  const outcome = await followStops(startChain(spec, hooks), stop);
  const report = watch?.report();
  if (report !== undefined) emit({ type: 'inspection', name: block.name, report });
  const error = await errorOf(run, outcome, saver);
  const status = error === undefined ? outcome.status : 'failed';
  const streams = outcome.streams.map((stream) => ({ ...stream, schemaHash: schemas.of(stream.stream) }));
  return {
    summary: summaryOf(block, { ...outcome, status, error }),
    streams,
    versionBefore: tapState?.version,
    versionAfter: saver?.version,
  };
}

/** Undefined, with its code not loaded, unless messages are inspected or logged. */
async function watchOf({ context, claim, emit }: BlockRun<ChainBlock>): Promise<MessageWatch | undefined> {
  const inspects = context.options.inspect === true;
  const logsLines = context.world.pluginLogLevel === 'DEBUG';
  if (!inspects && !logsLines) return undefined;
  const { watchMessages } = await import('./message-watch.js');
  return watchMessages({ inspects, logsLines, stateId: claim.state?.id, emit });
}

/** The state that the tap starts from; undefined if the chain keeps none. */
async function readTapState(
  { context, block, claim, emit }: BlockRun<ChainBlock>,
  tap: ResolvedPlugin,
  { fullRefresh = false, selectFilter }: BlockOptions,
): Promise<TapState | undefined> {
  if (claim.state === undefined) return undefined;
  const { world } = context;
  const isWindow = block.window !== undefined;
  const wanted = { stateId: claim.state.id, fullRefresh, selectFilter, isWindow, projectRoot: world.project.root };
  return loadTapState(tap, world.state, wanted, emit);
}

/** Writes the files of the chain, and returns what it is started with. */
async function chainSpec(
  { context, block, claim, stop, emit }: BlockRun<ChainBlock>,
  chain: ResolvedChain,
  directory: string,
  state: TapState | undefined,
): Promise<ChainSpec> {
  const { world, reaper, owner } = context;
  const { fullRefresh = false, refreshCatalog = false, failOnEmpty } = chainOptions(context, block);
  const setup = {
    world,
    directory,
    state,
    refreshCatalog: refreshCatalog || fullRefresh,
    failOnEmpty,
    stop,
    reaper,
    notes: context.notes.processes(block.id, owner),
    emit,
    discovery: block.window === undefined ? undefined : context.discovery,
  };
  // Started before the files are written: both take about as long.
  const fifos = makeFifos(directory, chain.mappers.length + 1);
  const [processes] = await settleAll([setUpChain(chain, setup), fifos]);
  return {
    name: block.name,
    directory,
    fifos,
    processes,
    stateId: claim.state?.id,
    strictSinger: context.options.strictSinger,
    // A process in a session of its own can't read the terminal. (Asking process.stdin would make a shared pipe non-blocking.)
    tapStdin: isatty(0) ? 'ignore' : 'inherit',
    stallTimeoutSeconds: stallSeconds(chain),
  };
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
  { context, block, stop }: BlockRun<ChainBlock>,
  { error, state, stopReason }: ChainOutcome,
  saver: CheckpointSaver | undefined,
): Promise<TaplineError | undefined> {
  const lost = stopReason === 'lease' || hasCode(error, 'LEASE_LOST', 'LEASE_HELD');
  if (saver !== undefined && !state.isSaved && state.printed !== undefined && !(lost && saver.takenOver)) {
    const { stateId, mode } = saver;
    const folders = rescueFolders(context.world.runDirRoot);
    const unsaved = { stateId, runId: context.options.runId, checkpoint: saver.whole(state.printed), mode, folders };
    return stateNotSaved(unsaved, saver.lastError ?? error);
  }
  if (error !== undefined) return error;
  if (stop.first?.reason !== 'lease') return undefined;
  if (saver?.yielded !== undefined) return saver.yielded;
  return new TaplineError('LEASE_LOST', `lease of '${block.name}' was lost while it ran, so it was stopped`, {
    hint: 'What it had saved is kept; the next run continues from there.',
  });
}
