import { pluginsOf } from '../../plan/block-plugins.js';
import { lineage } from '../../plan/lineage.js';
import type { Block } from '../../plan/types.js';
import { errorInfo } from '../emit.js';
import type { BlockKind, BlockStatus, BlockSummary, ChainCounts, ChainPressure, ProcessOutcome } from '../events.js';

export interface BlockDescription {
  kind: BlockKind;
  name: string;
  plugins: string[];
  stateId?: string | undefined;
  /** The label of a backfill window. */
  window?: string | undefined;
}

export function describeBlock(block: Block): BlockDescription {
  const plugins = pluginsOf(block).map((plugin) => plugin.mapping ?? plugin.name);
  const description = { kind: block.kind, name: block.name, plugins };
  if (block.kind !== 'chain') return description;
  const { stateId, window } = block;
  return {
    ...description,
    ...(stateId === undefined ? {} : { stateId }),
    ...(window === undefined ? {} : { window: window.label }),
  };
}

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
