/** Plans the windows of a backfill, given what earlier calls have done. Loaded by backfills only. */
import { TaplineError } from '../errors.js';
import type { NewWindow, WindowRow, Windows } from '../history/port.js';
import type { BackfillSettings } from '../plan/backfill/backfill-settings.js';
import { type Partition, partitionText } from '../plan/backfill/partitions.js';
import type { ClosedRange, TimeRange } from '../plan/backfill/time-range.js';
import { streamOf, type WindowPart, windowBlock, windowKey } from '../plan/backfill/window-blocks.js';
import { coverRange, type KnownWindow } from '../plan/backfill/window-coverage.js';
import { cutRange, maxWindows, rangeLabel, readLength, tooMany } from '../plan/backfill/windows.js';
import type { ChainBlock } from '../plan/types.js';

export interface BackfillRequest {
  chain: ChainBlock & { stateId: string };
  settings: BackfillSettings;
  zone: string;
  /** Undefined for partitions without time. */
  range: TimeRange | undefined;
  /** The length of a window; undefined for the whole range as one window. */
  length: string | undefined;
  /** A single unnamed one if the backfill has no partitions. */
  partitions: readonly Partition[];
  /** Load finished windows again. */
  restart: boolean;
  runId: string;
}

export interface PlannedWindows {
  /** Ordered by partition and time. */
  blocks: ChainBlock[];
  /** How many of the requested windows are already done. */
  done: number;
  /** How many unstarted windows of an earlier call with another cut are replaced. */
  replaced: number;
}

/** How often to try again when other backfills change the windows meanwhile. */
const maxTries = 20;

/** Plans the windows, and with `note` records them for this run. Throws WINDOW_INVALID, WINDOW_OVERLAP. */
export async function planWindows(
  request: BackfillRequest,
  windows: Windows | undefined,
  { note }: { note: boolean },
): Promise<PlannedWindows> {
  const { chain, runId, restart } = request;
  const of = { stateId: chain.stateId, stream: streamOf(chain) };
  for (let tries = 0; tries < maxTries; tries += 1) {
    const seen = (await windows?.list(of)) ?? [];
    const draft = draftOf(request, seen);
    const planned = { blocks: draft.blocks, done: draft.done, replaced: draft.replaced.length };
    if (!note || windows === undefined || draft.blocks.length === 0) return planned;
    const rows = new Map(seen.map((row) => [row.key, row]));
    const known = draft.news.flatMap(({ key }) => rows.get(key) ?? []);
    const taken = await windows.take({
      ...of,
      seen,
      runId,
      add: draft.news.filter(({ key }) => !rows.has(key)),
      // A window that another run holds stays with it; whichever run gets its lease first loads it.
      again: known.filter(({ isHeld }) => !isHeld).map(({ key }) => ({ key, anew: restart })),
      remove: draft.replaced.map(({ key }) => key),
    });
    if (taken) return planned;
  }
  throw new TaplineError('WINDOW_OVERLAP', `other backfills keep changing the windows of '${chain.name}'`, {
    hint: 'Try again when they have finished; `tapline backfill list` shows them.',
  });
}

interface Draft {
  blocks: ChainBlock[];
  news: NewWindow[];
  done: number;
  replaced: WindowRow[];
}

function draftOf(request: BackfillRequest, rows: readonly WindowRow[]): Draft {
  const { chain, settings, zone, partitions } = request;
  const parts: WindowPart[] = [];
  const replaced: WindowRow[] = [];
  let done = 0;
  for (const partition of partitions) {
    const name = partitionText(partition);
    const todo = todoOf(
      request,
      partition,
      rows.filter((row) => partitionOf(row) === name),
    );
    parts.push(...todo.ranges.map((range) => ({ partition, range })));
    replaced.push(...todo.replaced);
    done += todo.done;
    if (parts.length > maxWindows) throw tooMany();
  }
  refuseHeld(replaced, zone);
  const drafts = parts.map((part) => windowBlock(chain, part, settings, zone));
  const news = drafts.map(({ stateId, window: { key, from, to } }) => ({ key, windowStateId: stateId, from, to }));
  return { blocks: drafts.map((draft, index) => ({ ...draft, id: String(index + 1) })), news, done, replaced };
}

interface Todo {
  ranges: (TimeRange | undefined)[];
  done: number;
  replaced: WindowRow[];
}

function todoOf(
  { range, length, zone, restart }: BackfillRequest,
  partition: Partition,
  rows: readonly WindowRow[],
): Todo {
  if (range === undefined || !isClosed(range)) {
    const row = rows.find(({ key }) => key === windowKey({ partition, range }));
    if (restart && row !== undefined) refuseHeld([row], zone);
    const isDone = row?.status === 'success' && !restart;
    return { ranges: isDone ? [] : [range], done: isDone ? 1 : 0, replaced: [] };
  }
  const wanted = length === undefined ? [range] : cutRange(range, readLength(length), zone);
  const known = rows.flatMap((row) => knownOf(row));
  if (!restart) {
    const { todo, done, replaced } = coverRange(wanted, known);
    return { ranges: todo, done, replaced: replaced.map(({ row }) => row) };
  }
  const inside = known.filter((window) => range.from <= window.range.from && window.range.to <= range.to);
  refuseHeld(
    inside.map(({ row }) => row),
    zone,
  );
  const keys = new Set(wanted.map((window) => windowKey({ partition, range: window })));
  return { ranges: wanted, done: 0, replaced: inside.map(({ row }) => row).filter(({ key }) => !keys.has(key)) };
}

function isClosed(range: TimeRange): range is ClosedRange {
  return range.to !== undefined;
}

function knownOf(row: WindowRow): (KnownWindow & { row: WindowRow })[] {
  const { from, to, status, attempt } = row;
  if (from === undefined || to === undefined) return [];
  return [{ row, range: { from, to }, isDone: status === 'success', isStarted: attempt > 0 }];
}

/** The key without its time range. */
function partitionOf({ key, from }: WindowRow): string {
  if (from === undefined) return key;
  return key.includes('|') ? key.slice(0, key.indexOf('|')) : '';
}

/** The windows of a living run are its own. */
function refuseHeld(rows: readonly WindowRow[], zone: string): void {
  const held = rows.find(({ isHeld }) => isHeld);
  if (held === undefined) return;
  const label = held.from === undefined ? held.key : rangeLabel({ from: held.from, to: held.to }, zone);
  throw new TaplineError('WINDOW_OVERLAP', `window ${label} belongs to run ${held.runId}, which is still running`, {
    hint: 'Wait for that run, or share its windows: use the same --window, --from and --to, without --restart.',
    data: { runId: held.runId, window: held.key },
  });
}
