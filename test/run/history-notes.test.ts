import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TaplineError } from '../../src/errors.js';
import type { History } from '../../src/history/port.js';
import type { RunEventBody } from '../../src/run/events.js';
import { HistoryNotes } from '../../src/run/history-notes.js';

const away = () => new TaplineError('DATABASE_UNREACHABLE', 'no server');

let written: number[];
let warnings: RunEventBody[];
let failure: Error | undefined;
let notes: HistoryNotes;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  [written, warnings, failure] = [[], [], undefined];
  const emit = (event: RunEventBody) => {
    warnings.push(event);
  };
  notes = new HistoryNotes(async () => ({}) as History, emit);
});
afterEach(() => {
  vi.useRealTimers();
});

const write = (number: number) => async () => {
  if (failure !== undefined) throw failure;
  written.push(number);
};

test('notes that can’t be written wait, in order, and are written when the database is back', async () => {
  failure = away();
  await notes.note(write(1));
  failure = undefined;
  await notes.note(write(2));
  expect(written).toEqual([]);
  vi.advanceTimersByTime(10_000);
  await notes.note(write(3));
  expect(written).toEqual([1, 2, 3]);
  expect(warnings).toEqual([]);
});

test('at the end all waiting notes are tried, without a pause', async () => {
  failure = away();
  await notes.note(write(1));
  failure = undefined;
  await notes.end(write(2));
  expect(written).toEqual([1, 2]);
  expect(warnings).toEqual([]);
});

test('notes that are still unwritten at the end are lost, with one warning', async () => {
  failure = away();
  await notes.note(write(1));
  await notes.end(write(2));
  expect(warnings).toMatchObject([{ code: 'HISTORY_NOT_WRITTEN', message: expect.stringContaining('no server') }]);
});

test('a note that can never be written gives a warning and does not block the others', async () => {
  failure = new Error('a bug');
  await notes.note(write(1));
  failure = undefined;
  await notes.note(write(2));
  expect(written).toEqual([2]);
  expect(warnings).toHaveLength(1);
});

test('of many waiting notes, the newest are kept', async () => {
  failure = away();
  for (let number = 1; number <= 300; number += 1) await notes.note(write(number));
  failure = undefined;
  await notes.end(write(301));
  expect(written).toHaveLength(201);
  expect(written.at(-1)).toBe(301);
  expect(warnings).toHaveLength(1);
});
