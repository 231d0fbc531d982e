import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClosedRange } from '../../../src/plan/backfill/time-range.js';
import { coverRange, type KnownWindow } from '../../../src/plan/backfill/window-coverage.js';

const day = (number: number) => new Date(Date.UTC(2023, 0, 1 + number)).toISOString().replace('.000', '');
const range = (from: number, to: number): ClosedRange => ({ from: day(from), to: day(to) });
const cut = (from: number, to: number, size: number): ClosedRange[] => {
  const windows: ClosedRange[] = [];
  for (let start = from; start < to; start += size) windows.push(range(start, Math.min(start + size, to)));
  return windows;
};
type Status = 'done' | 'begun' | 'pending';
const known = (from: number, to: number, status: Status): KnownWindow => ({
  range: range(from, to),
  isDone: status === 'done',
  isStarted: status !== 'pending',
});
const daysOf = (windows: readonly ClosedRange[]) =>
  windows.flatMap(({ from, to }) => {
    const days: string[] = [];
    for (let time = from; time < to; time = new Date(Date.parse(time) + 86_400_000).toISOString().replace('.000', ''))
      days.push(time);
    return days;
  });

describe('coverRange', () => {
  it('wants all where nothing is known', () => {
    expect(coverRange(cut(0, 14, 7), [])).toEqual({ todo: cut(0, 14, 7), done: 0, replaced: [] });
  });

  it('leaves out what is done', () => {
    const { todo, done } = coverRange(cut(0, 14, 7), [known(0, 7, 'done'), known(7, 14, 'begun')]);
    expect(todo).toEqual([range(7, 14)]);
    expect(done).toBe(1);
  });

  it('does not load twice what was loaded in windows of another size', () => {
    expect(
      coverRange(
        cut(0, 14, 1),
        cut(0, 14, 7).map((window) => ({ range: window, isDone: true, isStarted: true })),
      ).todo,
    ).toEqual([]);
    const { todo, done } = coverRange(cut(0, 30, 30), [known(0, 7, 'done'), known(14, 21, 'done')]);
    expect(todo).toEqual([range(7, 14), range(21, 30)]);
    expect(done).toBe(0);
  });

  it('goes on after a range whose last window was cut at its end', () => {
    const { todo } = coverRange(cut(0, 20, 7), [known(0, 7, 'done'), known(7, 10, 'done')]);
    expect(todo).toEqual([range(10, 14), range(14, 20)]);
  });

  it('finishes what was begun as it was cut then: it has a checkpoint', () => {
    const pending = known(7, 14, 'pending');
    const { todo, replaced } = coverRange(cut(0, 14, 2), [known(0, 7, 'begun'), pending]);
    expect(todo).toEqual([range(0, 7), range(7, 8), range(8, 10), range(10, 12), range(12, 14)]);
    expect(replaced).toEqual([pending]);
  });

  it('cuts anew what was begun and reaches beyond the range', () => {
    const begun = known(5, 12, 'begun');
    const { todo, replaced } = coverRange(cut(0, 10, 5), [begun]);
    expect(todo).toEqual(cut(0, 10, 5));
    expect(replaced).toEqual([begun]);
  });

  it('leaves windows outside the range alone', () => {
    expect(coverRange(cut(0, 7, 7), [known(7, 14, 'pending'), known(20, 30, 'done')])).toEqual({
      todo: cut(0, 7, 7),
      done: 0,
      replaced: [],
    });
  });

  it('loads each day once, and none that is done, whatever was cut before', () => {
    const piece = fc.tuple(
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom<Status>('done', 'begun', 'pending'),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 15 }),
        (pieces, length, size) => {
          const before = pieces.map(([from, days, status]) => known(from, from + days, status));
          const wanted = cut(10, 10 + length, size);
          const { todo } = coverRange(wanted, before);
          const loaded = daysOf(todo);
          const done = new Set(daysOf(before.filter(({ isDone }) => isDone).map((window) => window.range)));
          expect(new Set(loaded).size).toBe(loaded.length);
          expect(new Set(loaded)).toEqual(new Set(daysOf(wanted).filter((each) => !done.has(each))));
        },
      ),
    );
  });
});
