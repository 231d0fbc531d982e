import { hasCode } from '../../errors.js';
import { describeBlock } from '../../plan/describe-block.js';
import { keepClaim, releaseClaim } from '../claim/claim.js';
import type { BlockSummary } from '../events.js';
import { chainOptions, type RunContext } from '../run-context.js';
import type { StopControl } from '../stop-control.js';
import { type BlockRecord, type BlockRun, recordEnd, recordStart } from './block-run.js';
import { runChain } from './chain.js';
import { runCommandBlock } from './command.js';
import { summaryOf } from './report.js';
import { isWindow, runWindow } from './window.js';

/** Runs one attempt and releases its claim. Never rejects. */
export async function executeBlock(run: BlockRun): Promise<BlockSummary> {
  const { context, block, emit } = run;
  const started = performance.now();
  emit({ type: 'block.started', ...describeBlock(block) });
  recordStart(run);
  warnWithoutState(run);
  const kept = keepClaim(run.claim, run.stop, emit);
  let record: BlockRecord;
  try {
    record = await dispatch(run);
  } catch (error) {
    record = { summary: summaryOf(block, { ...endedBy(error, run.stop), durationSeconds: 0 }), streams: [] };
  }
  await kept.stop();
  record = await finishClaim(run, record);
  await context.directories
    .of(block)
    .then((directory) => directory.removeBlock(block.id))
    .catch(() => undefined);
  // The block's time includes settings, discovery and the last save, not only its processes.
  const durationSeconds = (performance.now() - started) / 1000;
  return recordEnd(run, { ...record, summary: { ...record.summary, durationSeconds } });
}

async function dispatch(run: BlockRun): Promise<BlockRecord> {
  const { block } = run;
  if (block.kind === 'command') return { summary: await runCommandBlock({ ...run, block }), streams: [] };
  if (isWindow(block)) return runWindow({ ...run, block });
  return runChain({ ...run, block });
}

/** A block that was interrupted because the run stops has not failed. */
function endedBy(error: unknown, stop: StopControl): { status: 'failed' | 'stopped'; error?: unknown } {
  const interrupted = hasCode(error, 'INTERRUPTED');
  if (interrupted && stop.stopping && stop.first?.reason !== 'lease') return { status: 'stopped' };
  return { status: 'failed', error };
}

/** Ends the row and releases the claim. A row that can't be ended is a failure: other runs would wait for it. */
async function finishClaim({ context, block, claim, emit }: BlockRun, record: BlockRecord): Promise<BlockRecord> {
  let { summary } = record;
  try {
    await claim.state?.row.finish(rowError(context, summary));
  } catch (error) {
    if (summary.status === 'success') summary = { ...summaryOf(block, { ...summary, status: 'failed', error }) };
  }
  await releaseClaim(claim);
  if (claim.state !== undefined) {
    const { id, lease } = claim.state;
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

function warnWithoutState({ context, block, emit }: BlockRun): void {
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
