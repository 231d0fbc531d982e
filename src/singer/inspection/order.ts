import { isNumber } from '../../exact-number.js';
import { compareNumbers, compareTexts, compareTimes } from '../bookmark-order.js';

/**
 * How two values of a replication key or a bookmark are ordered, whatever wrote them: negative, 0 or positive as `a` is
 * before, equal to or after `b`; undefined where the two can't be compared. Texts of digits count as numbers.
 */
export function compareBookmarks(a: unknown, b: unknown): number | undefined {
  if (isNumber(a) && isNumber(b)) return compareNumbers(a, b);
  if (typeof a !== 'string' || typeof b !== 'string') return undefined;
  if (areAlike(a, b)) return compareTexts(a, b);
  if (wholeNumber.test(a) && wholeNumber.test(b)) return compareNumbers(BigInt(a), BigInt(b));
  return compareTimes(a, b) ?? compareTexts(a, b);
}

const wholeNumber = /^-?\d+$/;
const dateLike = /^\d{4}-\d{2}-\d{2}/;
const utc = /(?:Z|[+-]00:?00)$/;
const zone = /(?:Z|[+-]\d{2}:?\d{2})$/;

/** Dates of the same form and zone, as nearly all are: their texts have the order of their times. */
function areAlike(a: string, b: string): boolean {
  if (a.length !== b.length || !dateLike.test(a) || !dateLike.test(b)) return false;
  return utc.test(a) ? utc.test(b) : !hasZone(a) && !hasZone(b);
}

function hasZone(text: string): boolean {
  return zone.test(text.slice(10));
}
