import type { BlockSummary } from '../run/events.js';

/** What names a block. */
export type BlockNames = Pick<BlockSummary, 'kind' | 'name' | 'plugins' | 'window'>;

/** A block as people see it: a chain by its way, with the window of a backfill. */
export function shownName({ kind, name, plugins, window }: BlockNames): string {
  if (kind !== 'chain' || plugins.length === 0) return name;
  return [plugins.join(' → '), ...(window === undefined ? [] : [window])].join(' ');
}
