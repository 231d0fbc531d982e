/** The rows of a run's blocks as the tree that they are: pipeline, run step, block, attempt. */
import type { FinishedBlock, NewBlock } from '../../../history/port.js';

export type BlockRow = NewBlock & Partial<FinishedBlock>;

/** By the numbers of their paths, then attempt by attempt. */
export function inOrderOfPlan(one: BlockRow, other: BlockRow): number {
  const [numbers, others] = [one.blockId.split('.').map(Number), other.blockId.split('.').map(Number)];
  for (const [index, number] of numbers.entries()) {
    const difference = number - (others[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return numbers.length - others.length || one.attempt - other.attempt;
}

/** So many pipelines and steps of the run hold it. */
export function depthOf({ blockId }: BlockRow, rows: readonly BlockRow[]): number {
  return new Set(rows.map((row) => row.blockId).filter((id) => blockId.startsWith(`${id}.`))).size;
}

export function isWithin({ blockId }: BlockRow, outer: BlockRow): boolean {
  return blockId.startsWith(`${outer.blockId}.`);
}

/** What holds a block that failed has its error, too. */
export function isSameError(
  error: Record<string, unknown> | undefined,
  other: Record<string, unknown> | undefined,
): boolean {
  return error !== undefined && error.code === other?.code && error.message === other?.message;
}

export function titleOf({ kind, blockId, attempt }: BlockRow, hasAttempts: boolean): string {
  if (kind === 'pipeline' || kind === 'step') return `${kind === 'step' ? 'Run step' : 'Pipeline'} ${blockId}`;
  return hasAttempts ? `Block ${blockId}, attempt ${attempt}` : `Block ${blockId}`;
}
