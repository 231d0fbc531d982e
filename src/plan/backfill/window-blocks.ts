/** The blocks of a backfill: one chain for each window, with a name, settings and a state ID of its own. */

import type { BackfillWindow, ChainBlock } from '../types.js';
import type { BackfillSettings } from './backfill-settings.js';
import { type Partition, partitionText } from './partitions.js';
import type { TimeRange } from './time-range.js';
import { rangeLabel, rangeValues } from './windows.js';

/** One without the other, or both. */
export interface WindowPart {
  partition: Partition;
  range: TimeRange | undefined;
}

/** What tells a window from the others of its chain and streams. */
export function windowKey({ partition, range }: WindowPart): string {
  const time = range === undefined ? '' : `${range.from}/${range.to ?? '..'}`;
  return [partitionText(partition), time].filter((part) => part !== '').join('|');
}

/** `*` for all of a tap. */
export function streamOf({ options }: ChainBlock): string {
  const { selectFilter = [] } = options;
  return selectFilter.length === 0 ? '*' : [...new Set(selectFilter)].sort().join(',');
}

/** Throws WINDOW_INVALID where the tap can't be given the window in its own format. */
export function windowBlock(
  chain: ChainBlock & { stateId: string },
  part: WindowPart,
  settings: BackfillSettings,
  zone: string,
): Omit<ChainBlock, 'id'> & { stateId: string; window: BackfillWindow } {
  const { partition, range } = part;
  const parts = [partitionText(partition), range === undefined ? '' : rangeLabel(range, zone)];
  const label = parts.filter((text) => text !== '').join(' ');
  return {
    ...chain,
    name: `${chain.name} ${label}`,
    stateId: windowStateId(chain.stateId, streamOf(chain), part),
    window: {
      chainStateId: chain.stateId,
      stream: streamOf(chain),
      key: windowKey(part),
      label,
      from: range?.from,
      to: range?.to,
      settings: { ...partitionSettings(partition, settings), ...rangeSettings(range, settings, zone) },
    },
  };
}

/**
 * The chain's own with what is of the window put to its suffix: `dev:tap-x-to-target-y:backfill+2023-01-01+2023-01-08`. No colon is
 * in it, which separates the parts of a state ID, and no two windows share one.
 */
function windowStateId(stateId: string, stream: string, { partition, range }: WindowPart): string {
  const parts = [
    'backfill',
    ...(stream === '*' ? [] : [encodeURIComponent(stream)]),
    ...(Object.keys(partition).length === 0 ? [] : [partitionText(partition)]),
    ...(range === undefined ? [] : [shortTime(range.from), range.to === undefined ? '' : shortTime(range.to)]),
  ];
  const hasSuffix = stateId.split(':').length > 2;
  return `${stateId}${hasSuffix ? '+' : ':'}${parts.join('+')}`;
}

function shortTime(text: string): string {
  return text.replace('T00:00:00Z', '').replaceAll(':', '');
}

function partitionSettings(partition: Partition, { partitions }: BackfillSettings): Record<string, string> {
  return Object.fromEntries(Object.entries(partition).map(([name, value]) => [partitions[name] ?? name, value]));
}

function rangeSettings(
  range: TimeRange | undefined,
  { start, end, format, endIncluded }: BackfillSettings,
  zone: string,
): Record<string, string> {
  if (range === undefined || start === undefined) return {};
  const values = rangeValues(range, { format, endIncluded, zone });
  return { [start]: values.start, ...(end === undefined || values.end === undefined ? {} : { [end]: values.end }) };
}
