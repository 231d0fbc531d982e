/** What of a range of time is still to be loaded, given the windows of earlier calls, which may have been cut otherwise. */
import type { ClosedRange } from './time-range.js';

/** A window that an earlier call has noted. */
export interface KnownWindow {
  range: ClosedRange;
  isDone: boolean;
  /** It has been tried, so it may have a checkpoint to go on from. */
  isStarted: boolean;
}

export interface Coverage<Known extends KnownWindow> {
  /** In order of time: what was begun as it was cut then, the rest as it is wanted now, less what is done. */
  todo: ClosedRange[];
  /** Of those wanted: there is nothing left to do in them. */
  done: number;
  /** Not done, and cut otherwise than `todo`, which takes their place. */
  replaced: Known[];
}

/** `wanted`: one after the other, without gaps. */
export function coverRange<Known extends KnownWindow>(
  wanted: readonly ClosedRange[],
  known: readonly Known[],
): Coverage<Known> {
  const whole = { from: wanted[0]?.from ?? '', to: wanted.at(-1)?.to ?? '' };
  const done = united(known.filter(({ isDone }) => isDone).map(({ range }) => range));
  const resumed: ClosedRange[] = [];
  for (const { range, isDone, isStarted } of known.toSorted((a, b) => byTime(a.range, b.range))) {
    const isInside = whole.from <= range.from && range.to <= whole.to;
    const isFree = (resumed.at(-1)?.to ?? '') <= range.from && !touches(done, range);
    if (isStarted && !isDone && isInside && isFree) resumed.push(range);
  }
  const taken = united([...done, ...resumed]);
  const todo = [...resumed, ...wanted.flatMap((window) => subtract(window, taken))].sort(byTime);
  const keys = new Set(todo.map(keyOf));
  return {
    todo,
    done: wanted.filter((window) => !touches(todo, window)).length,
    replaced: known.filter(({ range, isDone }) => !isDone && !keys.has(keyOf(range)) && touches(todo, range)),
  };
}

/** The same times as ranges that neither overlap nor meet, in order. */
function united(ranges: readonly ClosedRange[]): ClosedRange[] {
  const result: ClosedRange[] = [];
  for (const { from, to } of ranges.toSorted(byTime)) {
    const last = result.at(-1);
    if (last === undefined || last.to < from) result.push({ from, to });
    else if (last.to < to) last.to = to;
  }
  return result;
}

/** What is left of a window without those taken. */
function subtract(window: ClosedRange, taken: readonly ClosedRange[]): ClosedRange[] {
  const left: ClosedRange[] = [];
  let { from } = window;
  for (let index = firstEndingAfter(taken, from); index < taken.length; index += 1) {
    const range = taken[index];
    if (range === undefined || range.from >= window.to) break;
    if (from < range.from) left.push({ from, to: range.from });
    from = range.to;
  }
  if (from < window.to) left.push({ from, to: window.to });
  return left;
}

/** Whether a range overlaps one of those, which are in order and do not overlap each other. */
function touches(ranges: readonly ClosedRange[], { from, to }: ClosedRange): boolean {
  const next = ranges[firstEndingAfter(ranges, from)];
  return next !== undefined && next.from < to;
}

/** By halves: a backfill may have a hundred thousand windows. */
function firstEndingAfter(ranges: readonly ClosedRange[], time: string): number {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.to ?? '') > time) high = middle;
    else low = middle + 1;
  }
  return low;
}

function keyOf({ from, to }: ClosedRange): string {
  return `${from}/${to}`;
}

function byTime(a: ClosedRange, b: ClosedRange): number {
  if (a.from === b.from) return 0;
  return a.from < b.from ? -1 : 1;
}
