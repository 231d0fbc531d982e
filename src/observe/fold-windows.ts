import type { BlockSummary, ChainCounts } from '../run/events.js';

/** So many windows are shown one by one. */
const maxShown = 12;

/** Of a long backfill the windows that went well, and those not started, are one line each: what went wrong must not scroll away. */
export function foldWindows(blocks: readonly BlockSummary[]): BlockSummary[] {
  if (blocks.filter(({ window }) => window !== undefined).length <= maxShown) return [...blocks];
  const isFolded = ({ window, status }: BlockSummary) =>
    window !== undefined && (status === 'success' || status === 'not_started');
  const folded = (['success', 'not_started'] as const).flatMap((status) => {
    const some = blocks.filter((block) => isFolded(block) && block.status === status);
    return some[0] === undefined ? [] : [together(some[0], some)];
  });
  return [...folded, ...blocks.filter((block) => !isFolded(block))];
}

function together(first: BlockSummary, blocks: readonly BlockSummary[]): BlockSummary {
  const { attempts: _, ...rest } = first;
  const counts = blocks.flatMap((block) => block.counts ?? []);
  return {
    ...rest,
    window: `${blocks.length} ${blocks.length === 1 ? 'window' : 'windows'}`,
    durationSeconds: blocks.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0),
    counts: counts.length === 0 ? undefined : counts.reduce(added),
    pressure: undefined,
  };
}

function added(one: ChainCounts, other: ChainCounts): ChainCounts {
  return {
    recordsExtracted: one.recordsExtracted + other.recordsExtracted,
    recordsLoaded: one.recordsLoaded + other.recordsLoaded,
    bytesExtracted: one.bytesExtracted + other.bytesExtracted,
    states: one.states + other.states,
    oddLines: one.oddLines + other.oddLines,
  };
}
