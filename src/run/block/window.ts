import type { WindowId, Windows } from '../../history/port.js';
import type { BackfillWindow, ChainBlock } from '../../plan/types.js';
import { exactJson } from '../../singer/exact-json.js';
import { mergedView } from '../../state/merge.js';
import type { Claim } from '../claim/claim.js';
import type { RunContext } from '../run-context.js';
import type { BlockRecord, BlockRun } from './block-run.js';
import { runChain } from './chain.js';
import { summaryOf } from './report.js';

export type WindowBlock = ChainBlock & { window: BackfillWindow };

export function isWindow(block: ChainBlock): block is WindowBlock {
  return block.window !== undefined;
}

/**
 * Runs one window of a backfill under the lease of its own state ID. Its row says `success` only when the whole window is loaded and
 * saved; after that no backfill runs it again. The first attempt starts without a state, later ones at the last checkpoint.
 */
export async function runWindow(run: BlockRun<WindowBlock>): Promise<BlockRecord> {
  const { context, block, claim, stop } = run;
  const { windows } = await context.world.history();
  const { chainStateId: stateId, ...window } = block.window;
  const id: WindowId = { stateId, stream: window.stream, key: window.key };
  const known = await windows.find(id);
  // Two backfills may share windows: another run may have finished this one while we waited for the lease.
  if (known?.status === 'success') return alreadyDone(run);
  if ((known?.attempt ?? 0) === 0) await forgetState(context, claim);
  const { from, to } = window;
  const { runId } = context.options;
  await windows.start({ ...id, windowStateId: block.stateId ?? '', from, to }, runId);
  try {
    const record = await runChain(run);
    await windows.finish(id, runId, await endOf(context, claim, record));
    return record;
  } catch (error) {
    await windows.finish(id, runId, { status: stop.stopping ? 'stopped' : 'failed' }).catch(() => undefined);
    throw error;
  }
}

async function endOf(
  { world }: RunContext,
  claim: Claim,
  { summary }: BlockRecord,
): Promise<Parameters<Windows['finish']>[2]> {
  const { status, counts, error } = summary;
  return {
    status: status === 'success' || status === 'stopped' ? status : 'failed',
    value: await bookmarkOf(world, claim),
    recordsLoaded: counts?.recordsLoaded,
    error: error === undefined ? undefined : world.mask.value({ ...error }),
  };
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

function alreadyDone({ block, emit }: BlockRun<WindowBlock>): BlockRecord {
  emit({ type: 'log', level: 'info', message: `Another run has finished it meanwhile: ${block.name}` });
  return { summary: summaryOf(block, { status: 'success', durationSeconds: 0 }), streams: [] };
}
