import { expect, test } from 'vitest';
import { parseDate } from '../../src/settings/natural-dates.js';

/** A Sunday. */
const now = new Date('2026-11-22T13:48:21.516Z');

// As Meltano 4.4.1 with dateparser, whose microseconds are zeros here.
test.each([
  ['3 days ago', '2026-11-19T13:48:21.516000'],
  ['yesterday', '2026-11-21T13:48:21.516000'],
  ['2 weeks ago', '2026-11-08T13:48:21.516000'],
  ['last week', '2026-11-15T13:48:21.516000'],
  ['now', '2026-11-22T13:48:21.516000'],
  ['today', '2026-11-22T13:48:21.516000'],
  ['tomorrow', '2026-11-23T13:48:21.516000'],
  ['January 1, 2024', '2024-01-01T00:00:00'],
  ['1/2/2024', '2024-01-02T00:00:00'],
  ['2024/01/05', '2024-01-05T00:00:00'],
  ['1 year ago', '2025-11-22T13:48:21.516000'],
  ['a month ago', '2026-10-22T13:48:21.516000'],
  ['-7d', '2026-11-15T13:48:21.516000'],
  ['12 hours ago', '2026-11-22T01:48:21.516000'],
  ['3 days ago at 10am', '2026-11-19T10:00:00'],
  ['2024-01-01T00:00', '2024-01-01T00:00:00'],
  ['2024-01-01 10:00:00 UTC', '2024-01-01T10:00:00+00:00'],
  ['monday', '2026-11-16T00:00:00'],
  ['1700000000', '2023-11-14T22:13:20'],
])('%s is %s', (text, expected) => {
  expect(parseDate(text, now)).toBe(expected);
});

test.each(['2024-01-01', '2024-01-01T00:00:00Z', '2024-01-01 00:00:00.5+05:30', '2024-01-01T10:00:00-03:00'])(
  '%s is ISO and stays',
  (text) => {
    expect(parseDate(text, now)).toBe(text);
  },
);

test.each(['', 'no date', 'P1D', '20240101', 'start of month', 'value of 3 days ago'])(
  '%j is not a date and stays',
  (text) => {
    expect(parseDate(text, now)).toBe(text);
  },
);
