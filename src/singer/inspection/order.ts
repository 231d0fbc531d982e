/** How two values of a replication key or a bookmark are ordered. */

/** Negative, 0 or positive as `a` is before, equal to or after `b`; undefined where the two can't be compared. */
export function compareBookmarks(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b);
  if (!isNumber(a) || !isNumber(b)) return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

const dateLike = /^\d{4}-\d{2}-\d{2}/;
const utc = /(?:Z|[+-]00:?00)$/;
const zone = /(?:Z|[+-]\d{2}:?\d{2})$/;
const wholeNumber = /^-?\d+$/;

/** Dates by time, whole numbers by value, all else by code unit. */
function compareTexts(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (dateLike.test(a) && dateLike.test(b)) {
    if (areAlike(a, b)) return byUnits(a, b);
    const difference = Date.parse(a) - Date.parse(b);
    if (Number.isNaN(difference)) return byUnits(a, b);
    // Within one millisecond the digits decide, where the zones are the same.
    return difference || byUnits(a.replace(zone, ''), b.replace(zone, ''));
  }
  if (wholeNumber.test(a) && wholeNumber.test(b)) return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  return byUnits(a, b);
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether both have the same form and zone, so that their texts have the order of their times. */
function areAlike(a: string, b: string): boolean {
  return a.length === b.length && (utc.test(a) ? utc.test(b) : !hasZone(a) && !hasZone(b));
}

function hasZone(text: string): boolean {
  return zone.test(text.slice(10));
}
