import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { TaplineError } from '../../../src/errors.js';
import type { ClosedRange } from '../../../src/plan/backfill/time-range.js';
import {
  checkZone,
  cutRange,
  maxWindows,
  rangeLabel,
  rangeValues,
  readLength,
  readMoment,
} from '../../../src/plan/backfill/windows.js';

const cut = (from: string, to: string, window: string, zone = 'UTC') => {
  const range = { from: readMoment(from, zone, '--from'), to: readMoment(to, zone, '--to') };
  return cutRange(range, readLength(window), zone);
};
const labels = (windows: readonly ClosedRange[], zone = 'UTC') => windows.map((window) => rangeLabel(window, zone));
const hours = ({ from, to }: ClosedRange) => (Date.parse(to) - Date.parse(from)) / 3_600_000;
const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    if (error instanceof TaplineError) return error.code;
    throw error;
  }
  return undefined;
};

describe('cutRange', () => {
  it('covers a year in weeks, the last one cut at the end', () => {
    const windows = cut('2023-01-01', '2024-01-01', '7d');
    expect(windows).toHaveLength(53);
    expect(windows[0]).toEqual({ from: '2023-01-01T00:00:00Z', to: '2023-01-08T00:00:00Z' });
    expect(windows.at(-1)).toEqual({ from: '2023-12-31T00:00:00Z', to: '2024-01-01T00:00:00Z' });
  });

  it('takes the last day of each month where months begin on the 31st', () => {
    expect(labels(cut('2023-01-31', '2023-06-01', '1mo'))).toEqual([
      '[2023-01-31, 2023-02-28)',
      '[2023-02-28, 2023-03-31)',
      '[2023-03-31, 2023-04-30)',
      '[2023-04-30, 2023-05-31)',
      '[2023-05-31, 2023-06-01)',
    ]);
    expect(cut('2024-01-31', '2024-03-01', 'P1M')[0]?.to).toBe('2024-02-29T00:00:00Z');
  });

  it('lets days stay days when clocks are set', () => {
    const windows = cut('2023-03-25', '2023-03-28', '1d', 'Europe/Berlin');
    expect(windows.map(hours)).toEqual([24, 23, 24]);
    expect(windows[0]?.from).toBe('2023-03-24T23:00:00Z');
    expect(labels(windows, 'Europe/Berlin')).toContain('[2023-03-26, 2023-03-27)');
    expect(cut('2023-10-28', '2023-10-31', '1d', 'Europe/Berlin').map(hours)).toEqual([24, 25, 24]);
  });

  it('lets hours stay hours when clocks are set', () => {
    const windows = cut('2023-03-26', '2023-03-27', '12h', 'Europe/Berlin');
    expect(windows.map(hours)).toEqual([12, 11]);
  });

  it('knows days that begin after midnight, and days that were left out', () => {
    const brazil = cut('2018-11-03', '2018-11-06', '1d', 'America/Sao_Paulo');
    expect(brazil.map(hours)).toEqual([24, 23, 24]);
    expect(labels(brazil, 'America/Sao_Paulo')[1]).toBe('[2018-11-04, 2018-11-05)');
    const samoa = cut('2011-12-29', '2012-01-01', '1d', 'Pacific/Apia');
    expect(samoa.map(hours)).toEqual([24, 24]);
  });

  it('takes a time with an offset as it is, one without in the zone', () => {
    expect(readMoment('2023-01-01T06:00+02:00', 'Europe/Berlin', '--from')).toBe('2023-01-01T04:00:00Z');
    expect(readMoment('2023-01-01T06:00', 'Europe/Berlin', '--from')).toBe('2023-01-01T05:00:00Z');
  });

  const zones = fc.constantFrom(...Intl.supportedValuesOf('timeZone'), 'UTC');
  const lengths = fc
    .tuple(fc.integer({ min: 1, max: 400 }), fc.constantFrom('h', 'd', 'w', 'mo', 'y'))
    .map(([count, unit]) => `${count}${unit}`);
  const seconds = fc.integer({ min: Date.UTC(1990) / 1000, max: Date.UTC(2040) / 1000 });

  it('leaves no gap and no overlap, and ends exactly, in any zone', () => {
    fc.assert(
      fc.property(seconds, fc.integer({ min: 1, max: 400 * 86_400 }), lengths, zones, (start, seconds, text, zone) => {
        const iso = (time: number) => new Date(time * 1000).toISOString().replace('.000', '');
        const range = { from: iso(start), to: iso(start + seconds) };
        const windows = cutRange(range, readLength(text), zone);
        expect(windows[0]?.from).toBe(range.from);
        expect(windows.at(-1)?.to).toBe(range.to);
        for (const [index, { from, to }] of windows.entries()) {
          expect(from < to).toBe(true);
          if (index > 0) expect(from).toBe(windows[index - 1]?.to);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('cuts days where days begin, in any zone', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 18_000 }), fc.integer({ min: 1, max: 40 }), zones, (offset, days, zone) => {
        const start = DateTime.fromISO('1990-01-01', { zone }).plus({ days: offset }).startOf('day');
        const text = (moment: DateTime) => moment.toUTC().toISO({ suppressMilliseconds: true }) ?? '';
        const range = { from: text(start), to: text(start.plus({ days })) };
        fc.pre(range.from < range.to);
        for (const { from } of cutRange(range, readLength('1d'), zone)) {
          const moment = DateTime.fromISO(from, { zone });
          expect(+moment).toBe(+moment.startOf('day'));
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('readLength', () => {
  it.each(['30min', '12h', '7d', '1w', '1mo', '1y', 'P1M', 'PT6H', 'p1w', 'P1DT12H', ' 7 d '])('takes %s', (text) => {
    expect(readLength(text).isValid).toBe(true);
  });

  it.each([
    '0d',
    'P0D',
    '-7d',
    'P-1M',
    '-P1M',
    '1.5d',
    'PT0.5H',
    '7',
    'd',
    '',
    'week',
    '7m',
    'P',
    '99999999999999999999d',
  ])('refuses %j', (text) => {
    expect(codeOf(() => readLength(text))).toBe('WINDOW_INVALID');
  });
});

describe('bad input', () => {
  it.each([
    ['no date', () => readMoment('yesterday-ish', 'UTC', '--from')],
    ['a day that is none', () => readMoment('2023-02-30', 'UTC', '--from')],
    ['parts of a second', () => readMoment('2023-01-01T00:00:00.5Z', 'UTC', '--from')],
    ['no zone', () => checkZone('Europe/Berlim')],
    ['an empty range', () => cut('2023-01-01', '2023-01-01', '1d')],
    ['a range that runs backwards', () => cut('2023-01-02', '2023-01-01', '1d')],
    ['too many windows', () => cut('1900-01-01', '2023-01-01', '1h')],
  ])('refuses %s', (_, work) => {
    expect(codeOf(work)).toBe('WINDOW_INVALID');
  });

  it('takes as many as the limit says', () => {
    const from = '2023-01-01T00:00:00Z';
    const end = (count: number) => new Date(Date.parse(from) + count * 60_000).toISOString().replace('.000', '');
    expect(cutRange({ from, to: end(maxWindows) }, readLength('1min'), 'UTC')).toHaveLength(maxWindows);
    expect(codeOf(() => cutRange({ from, to: end(maxWindows + 1) }, readLength('1min'), 'UTC'))).toBe('WINDOW_INVALID');
  });
});

describe('rangeValues', () => {
  const week = { from: '2023-01-01T00:00:00Z', to: '2023-01-08T00:00:00Z' };
  const style = { format: 'datetime', endIncluded: false, zone: 'UTC' } as const;

  it('gives times in UTC', () => {
    expect(rangeValues(week, style)).toEqual({ start: week.from, end: week.to });
    const [day] = cut('2023-07-01', '2023-07-02', '1d', 'Europe/Berlin');
    expect(rangeValues(day as ClosedRange, { ...style, zone: 'Europe/Berlin' }).start).toBe('2023-06-30T22:00:00Z');
  });

  it('gives dates of the zone', () => {
    expect(rangeValues(week, { ...style, format: 'date' })).toEqual({ start: '2023-01-01', end: '2023-01-08' });
    const [day] = cut('2023-07-01', '2023-07-02', '1d', 'Europe/Berlin');
    const berlin = { format: 'date', endIncluded: true, zone: 'Europe/Berlin' } as const;
    expect(rangeValues(day as ClosedRange, berlin)).toEqual({ start: '2023-07-01', end: '2023-07-01' });
  });

  it('gives the last moment where the tap includes its end', () => {
    expect(rangeValues(week, { ...style, endIncluded: true }).end).toBe('2023-01-07T23:59:59Z');
  });

  it('gives no end where there is none', () => {
    expect(rangeValues({ from: week.from, to: undefined }, style)).toEqual({ start: week.from, end: undefined });
  });

  it('refuses dates for what is not a whole day', () => {
    expect(codeOf(() => rangeValues({ ...week, to: '2023-01-01T06:00:00Z' }, { ...style, format: 'date' }))).toBe(
      'WINDOW_INVALID',
    );
  });
});
