/** Cuts a range of time into windows: half-open, without gap or overlap, by the calendar of a time zone. Loaded by backfills only. */
import { DateTime, Duration, IANAZone } from 'luxon';
import { closest } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import type { ClosedRange, TimeRange } from './time-range.js';

/** More are a slip of the hand: each is a run of the tap. */
export const maxWindows = 100_000;

/** Throws WINDOW_INVALID for what is not an IANA name. */
export function checkZone(zone: string): void {
  if (IANAZone.isValidZone(zone)) return;
  const near = closest(zone, Intl.supportedValuesOf('timeZone'));
  throw invalid(
    `There is no time zone '${zone}'.`,
    near === undefined ? 'It is an IANA name, such as Europe/Berlin or UTC.' : `Did you mean '${near}'?`,
  );
}

/** A date or time of ISO 8601; without an offset it is meant in the zone. Throws WINDOW_INVALID. */
export function readMoment(text: string, zone: string, option: string): string {
  const moment = DateTime.fromISO(text.trim(), { zone });
  if (!moment.isValid || moment.year < 1 || moment.year > 9999) {
    throw invalid(
      `${option} is '${text}', which is not a date or time.`,
      'For example 2023-01-31, 2023-01-31T06:00 or 2023-01-31T06:00:00+01:00.',
    );
  }
  if (moment.millisecond !== 0)
    throw invalid(`${option} is '${text}': windows start and end at whole seconds.`, undefined);
  return toText(moment);
}

/** Throws WINDOW_INVALID where nothing is between the two. */
export function checkRange({ from, to }: ClosedRange): void {
  if (from < to) return;
  throw invalid(
    `Nothing is between --from (${from}) and --to (${to}).`,
    '--to is the end, which is not included; it must be later than --from.',
  );
}

const units: Readonly<Record<string, string>> = {
  min: 'minutes',
  h: 'hours',
  d: 'days',
  w: 'weeks',
  mo: 'months',
  y: 'years',
};

/** `7d`, `12h`, `1mo`, `P1M`, `PT6H` ... Throws WINDOW_INVALID, also where it is not longer than zero. */
export function readLength(text: string): Duration {
  const [, count, unit = ''] = /^\s*(\d+)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const known = units[unit.toLowerCase()];
  const length =
    known === undefined ? Duration.fromISO(text.trim().toUpperCase()) : Duration.fromObject({ [known]: Number(count) });
  const parts = length.isValid ? Object.values(length.toObject()) : [];
  const isPositive = parts.some((part) => part > 0) && parts.every((part) => part >= 0 && Number.isSafeInteger(part));
  if (isPositive) return length;
  const hint =
    unit === 'm'
      ? `Write '${count}mo' for months or '${count}min' for minutes.`
      : 'For example 12h, 7d, 1w, 1mo, 1y, or in ISO 8601: PT6H, P1M.';
  throw invalid(
    `'${text}' is not a valid window length${length.isValid ? ': it must be longer than zero, in whole numbers' : ''}.`,
    hint,
  );
}

/**
 * The windows of a range, the last one cut at its end. Each boundary is counted from the beginning, so that months which begin on the
 * 31st end on the last day of each month; days are those of the zone, with 23 or 25 hours where its clocks are set.
 */
export function cutRange({ from, to }: ClosedRange, length: Duration, zone: string): ClosedRange[] {
  checkRange({ from, to });
  const start = DateTime.fromISO(from, { zone });
  const windows: ClosedRange[] = [];
  let last = from;
  for (let count = 1; last < to; count += 1) {
    const boundary = toText(start.plus(length.mapUnits((amount) => amount * count)));
    // A zone may leave out a whole day: then the boundary of that day is the one before it.
    if (boundary <= last) continue;
    const end = boundary < to ? boundary : to;
    windows.push({ from: last, to: end });
    if (windows.length > maxWindows) throw tooMany();
    last = end;
  }
  return windows;
}

export function tooMany(): TaplineError {
  return invalid(
    `The range has more than ${maxWindows.toLocaleString('en')} windows.`,
    'Use a longer --window or a shorter range.',
  );
}

/** `[2023-01-01, 2023-01-08)`, as the clocks of the zone show it. */
export function rangeLabel({ from, to }: TimeRange, zone: string): string {
  return `[${momentLabel(from, zone)}, ${to === undefined ? '…' : momentLabel(to, zone)})`;
}

function momentLabel(text: string, zone: string): string {
  const moment = DateTime.fromISO(text, { zone });
  if (isMidnight(moment)) return moment.toISODate() ?? text;
  return moment.toISO({ includeOffset: zone !== 'UTC', suppressMilliseconds: true, suppressSeconds: true }) ?? text;
}

export interface ValueStyle {
  format: 'datetime' | 'date';
  /** The tap reads up to and with its end: it is given the last day, or second, before it. */
  endIncluded: boolean;
  zone: string;
}

/** What a tap is given for the two ends. Throws WINDOW_INVALID where dates are wanted and a window is not made of whole days. */
export function rangeValues({ from, to }: TimeRange, style: ValueStyle): { start: string; end: string | undefined } {
  const unit = style.format === 'date' ? 'days' : 'seconds';
  const end = to === undefined ? undefined : DateTime.fromISO(to, { zone: style.zone });
  return {
    start: momentValue(DateTime.fromISO(from, { zone: style.zone }), style),
    end: end && momentValue(end, style, style.endIncluded ? (moment) => moment.minus({ [unit]: 1 }) : undefined),
  };
}

function momentValue(moment: DateTime, { format, zone }: ValueStyle, shift = (same: DateTime) => same): string {
  if (format === 'datetime') return toText(shift(moment));
  if (isMidnight(moment)) return shift(moment).toISODate() ?? '';
  throw invalid(
    `The tap takes dates, but a window starts or ends at ${toText(moment)}, which is not midnight in ${zone}.`,
    'Use whole days, in the time zone given by --timezone.',
  );
}

/** The first moment of a day: where clocks are set at midnight, it is not 0:00. */
function isMidnight(moment: DateTime): boolean {
  return +moment === +moment.startOf('day');
}

function toText(moment: DateTime): string {
  return moment.toUTC().toISO({ suppressMilliseconds: true }) ?? '';
}

function invalid(message: string, hint: string | undefined): TaplineError {
  return new TaplineError('WINDOW_INVALID', message, { hint });
}
