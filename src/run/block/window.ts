import type { WindowId, Windows } from '../../history/port.js';
import type { BackfillWindow, ChainBlock } from '../../plan/types.js';
import { exactJson } from '../../singer/exact-json.js';
import { mergedView } from '../../state/merge.js';
import type { Claim } from '../claim/claim.js';
import type { Emit } from '../emit.js';
import type { RunContext } from '../run-context.js';
import type { StopControl } from '../stop-control.js';
import { type ChainRecord, runChainBlock } from './chain.js';
import { summaryOf } from './report.js';

export type WindowBlock = ChainBlock & { window: BackfillWindow };

export function isWindow(block: ChainBlock): block is WindowBlock {
  return block.window !== undefined;
}

/** The time range for the history; undefined if it is not closed. */
export function rangeOf({ window }: ChainBlock): { from: string; to: string } | undefined {
  const { from, to } = window ?? {};
  return from === undefined || to === undefined ? undefined : { from, to };
}

/**
 * Runs one window of a backfill under the lease of its own state ID. Its row says `success` only when the whole window is loaded and
 * saved; after that no backfill runs it again. The first attempt starts without a state, later ones at the last checkpoint.
 */
export async function runWindow(
  context: RunContext,
  block: WindowBlock,
  claim: Claim,
  stop: StopControl,
  emit: Emit,
): Promise<ChainRecord> {
  const { windows } = await context.world.history();
  const { chainStateId: stateId, ...window } = block.window;
  const id: WindowId = { stateId, stream: window.stream, key: window.key };
  const known = await windows.find(id);
  // Two backfills may share windows: another run may have finished this one while we waited for the lease.
  if (known?.status === 'success') return alreadyDone(block, emit);
  if ((known?.attempt ?? 0) === 0) await forgetState(context, claim);
  const { from, to } = window;
  const { runId } = context.options;
  await windows.start({ ...id, windowStateId: block.stateId ?? '', from, to }, runId);
  try {
    const record = await runChainBlock(context, block, claim, stop, emit);
    await noteEnd(context, windows, id, claim, record);
    return record;
  } catch (error) {
    await windows.finish(id, runId, { status: stop.stopping ? 'stopped' : 'failed' }).catch(() => undefined);
    throw error;
  }
}

async function noteEnd(
  { world, options }: RunContext,
  windows: Windows,
  id: WindowId,
  claim: Claim,
  { summary }: ChainRecord,
): Promise<void> {
  const { status, counts, error } = summary;
  await windows.finish(id, options.runId, {
    status: status === 'success' || status === 'stopped' ? status : 'failed',
    value: await bookmarkOf(world, claim),
    recordsLoaded: counts?.recordsLoaded,
    error: error === undefined ? undefined : world.mask.value({ ...error }),
  });
}

/** The state that the window saved; undefined if its tap or target has no state. */
async function bookmarkOf(world: RunContext['world'], { state }: Claim): Promise<string | undefined> {
  const stored = state === undefined ? undefined : await (await world.state()).read(state.id);
  const bookmark = stored === undefined ? undefined : mergedView(stored).singer_state;
  return bookmark === undefined ? undefined : exactJson(bookmark);
}

/** Clears the state of an earlier backfill of the same window, which is loaded again from scratch. */
async function forgetState({ world }: RunContext, { state }: Claim): Promise<void> {
  if (state === undefined) return;
  const backend = await world.state();
  if ((await backend.read(state.id)) !== undefined) await backend.clear(state.lease);
}

function alreadyDone(block: WindowBlock, emit: Emit): ChainRecord {
  emit({ type: 'log', level: 'info', message: `Another run has finished it meanwhile: ${block.name}` });
  const summary = summaryOf(block, { status: 'success', durationSeconds: 0 });
  return { summary, streams: [], versionBefore: undefined, versionAfter: undefined };
}
