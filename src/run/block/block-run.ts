/** One attempt of one block, and what the history records of it. */
import type { FinishedBlock } from '../../history/port.js';
import { pluginsOf } from '../../plan/block-plugins.js';
import { describeBlock } from '../../plan/describe-block.js';
import type { Block } from '../../plan/types.js';
import type { ChainOutcome } from '../chain/types.js';
import type { Claim } from '../claim/claim.js';
import type { Emit } from '../emit.js';
import type { BlockSummary } from '../events.js';
import type { RunContext } from '../run-context.js';
import type { StopControl } from '../stop-control.js';
import { summaryOf } from './report.js';

/** An attempt that may not have its claim yet. */
export interface Attempt<B extends Block = Block> {
  context: RunContext;
  block: B;
  /** Counts from 1. */
  attempt: number;
  /** Emits the events of this attempt. */
  emit: Emit;
}

/** An attempt that holds its claim and runs. */
export interface BlockRun<B extends Block = Block> extends Attempt<B> {
  claim: Claim;
  stop: StopControl;
}

/** How an attempt ended, as the history records it. */
export interface BlockRecord {
  summary: BlockSummary;
  streams: (ChainOutcome['streams'][number] & { schemaHash?: string | undefined })[];
  /** Versions of the state before and after; undefined if none was read or saved. */
  versionBefore?: number | undefined;
  versionAfter?: number | undefined;
}

export function attemptOf(context: RunContext, block: Block, attempt: number): Attempt {
  const emit = context.emitter.at({ blockId: block.id, parentId: block.scope?.id, attempt });
  return { context, block, attempt, emit };
}

/** Records an attempt that never ran. */
export function recordUnstarted(
  attempt: Attempt,
  status: 'failed' | 'skipped' | 'not_started',
  error?: unknown,
): BlockSummary {
  recordStart(attempt);
  return recordEnd(attempt, { summary: summaryOf(attempt.block, { status, durationSeconds: 0, error }), streams: [] });
}

export function recordStart({ context, block, attempt }: Attempt): void {
  const { notes, options, owner } = context;
  const { kind, name, stateId } = describeBlock(block);
  const row = {
    runId: owner.runId,
    blockId: block.id,
    kind,
    name,
    plugins: pluginsOf(block).map((plugin) => plugin.name),
    stateId,
    window: rangeOf(block),
    parentId: block.scope?.id,
    attempt,
    options: { ...options.defaults, ...(block.kind === 'chain' ? block.options : {}) },
    startedAt: new Date(),
  };
  void notes.note((history) => history.startBlock(row));
}

/** Returns the summary with the number of attempts. */
export function recordEnd({ context, attempt }: Attempt, record: BlockRecord): BlockSummary {
  const { notes, owner, world } = context;
  const { streams, versionBefore, versionAfter } = record;
  const { blockId, status, counts, error, exitCodes } = record.summary;
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
  const rows = streams.map((stream) => ({ runId: owner.runId, blockId, ...stream }));
  if (rows.length > 0) void notes.note((history) => history.recordStreams(rows));
  return attempt === 1 ? record.summary : { ...record.summary, attempts: attempt };
}

/** The time range of a window; undefined if it is not closed. */
function rangeOf(block: Block): { from: string; to: string } | undefined {
  const { from, to } = (block.kind === 'chain' ? block.window : undefined) ?? {};
  return from === undefined || to === undefined ? undefined : { from, to };
}
