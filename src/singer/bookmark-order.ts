/** How values of a replication key, and bookmarks, are ordered. Each function gives below 0, 0 or above 0. */
import { Decimal, type ExactNumber } from '../exact-number.js';

export function compareNumbers(a: ExactNumber, b: ExactNumber): number {
  const [left, right] = [primitive(a), primitive(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** A bigint stays one, since a log position differs in its last digits. */
function primitive(value: ExactNumber): number | bigint {
  return value instanceof Decimal ? Number(value) : value;
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const time = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/** By what they mean, to the last digit; a time without a zone is UTC. Undefined unless both are dates or times. */
export function compareTimes(a: string, b: string): number | undefined {
  const [first, second] = [momentOf(a), momentOf(b)];
  if (first === undefined || second === undefined) return undefined;
  return first.milliseconds - second.milliseconds || compareTexts(first.rest, second.rest);
}

/** `rest`: the digits of the second's fraction after the third. */
function momentOf(text: string): { milliseconds: number; rest: string } | undefined {
  const found = time.exec(text);
  if (found === null) return undefined;
  const [, fraction = ''] = found;
  const short = fraction === '' ? text : text.replace(fraction, fraction.slice(0, 4));
  const zoned = /[T ]/.test(short) && !/(?:Z|[+-]\d\d(?::?\d\d)?)$/.test(short.slice(11)) ? `${short}Z` : short;
  const milliseconds = Date.parse(zoned.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00'));
  if (Number.isNaN(milliseconds)) return undefined;
  return { milliseconds, rest: fraction.slice(4).replace(/0+$/, '') };
}
