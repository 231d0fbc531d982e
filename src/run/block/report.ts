import { describeBlock } from '../../plan/describe-block.js';
import { lineage } from '../../plan/lineage.js';
import type { Block } from '../../plan/types.js';
import { errorInfo } from '../emit.js';
import type { BlockStatus, BlockSummary, ChainCounts, ChainPressure, ProcessOutcome } from '../events.js';

export interface BlockOutcome {
  status: BlockStatus;
  durationSeconds: number;
  counts?: ChainCounts | undefined;
  pressure?: ChainPressure | undefined;
  processes?: ProcessOutcome[] | undefined;
  exitCodes?: Record<string, number> | undefined;
  error?: unknown;
}

/** The summary of a block that has run, or will not run. */
export function summaryOf(block: Block, outcome: BlockOutcome): BlockSummary {
  const { status, durationSeconds, counts, pressure, processes = [], exitCodes, error } = outcome;
  return {
    blockId: block.id,
    ...describeBlock(block),
    ...(block.scope === undefined ? {} : { scopes: lineage(block.scope).map(({ name }) => name) }),
    status,
    durationSeconds,
    ...(counts === undefined ? {} : { counts }),
    ...(pressure === undefined ? {} : { pressure }),
    processes,
    ...(exitCodes === undefined ? {} : { exitCodes }),
    ...(error === undefined ? {} : { error: errorInfo(error) }),
  };
}
