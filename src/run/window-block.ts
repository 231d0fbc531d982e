import type { WindowId, Windows } from '../history/port.js';
import type { BackfillWindow, ChainBlock } from '../plan/types.js';
import { exactJson } from '../singer/exact-json.js';
import { mergedView } from '../state/merge.js';
import { summaryOf } from './block-report.js';
import { type ChainRecord, runChainBlock } from './chain-block.js';
import type { Claim } from './claim/claim.js';
import type { Emit } from './emit.js';
import type { RunContext } from './run-context.js';
import type { StopControl } from './stop-control.js';

export type WindowBlock = ChainBlock & { window: BackfillWindow };

export function isWindow(block: ChainBlock): block is WindowBlock {
  return block.window !== undefined;
}

/** For the history; undefined for what is no closed range of time. */
export function rangeOf({ window }: ChainBlock): { from: string; to: string } | undefined {
  const { from, to } = window ?? {};
  return from === undefined || to === undefined ? undefined : { from, to };
}

/**
 * Runs one window of a backfill under the lease of its own state ID. Its row says `success` only when all of it is loaded and saved;
 * after that nobody runs it again. Its first attempt begins without a state, each further one at the last checkpoint.
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
  // Two backfills may share their windows: this one was done while we waited for its lease.
  if (known?.status === 'success') return doneBefore(block, emit);
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

/** What the window has saved; undefined where its tap or target knows no state. */
async function bookmarkOf(world: RunContext['world'], { state }: Claim): Promise<string | undefined> {
  const stored = state === undefined ? undefined : await (await world.state()).read(state.id);
  const bookmark = stored === undefined ? undefined : mergedView(stored).singer_state;
  return bookmark === undefined ? undefined : exactJson(bookmark);
}

/** Of an earlier backfill of the same window, which is to be loaded anew. */
async function forgetState({ world }: RunContext, { state }: Claim): Promise<void> {
  if (state === undefined) return;
  const backend = await world.state();
  if ((await backend.read(state.id)) !== undefined) await backend.clear(state.lease);
}

function doneBefore(block: WindowBlock, emit: Emit): ChainRecord {
  emit({ type: 'log', level: 'info', message: `Another run has done it meanwhile: ${block.name}` });
  const summary = summaryOf(block, { status: 'success', durationSeconds: 0 });
  return { summary, streams: [], versionBefore: undefined, versionAfter: undefined };
}
