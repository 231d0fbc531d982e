/** A value of a replication key: a time, another text, or a number. */
export type BookmarkValue = string | number | bigint;

export function isBookmarkValue(value: unknown): value is BookmarkValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint';
}

const time = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?$/;

/**
 * Below 0 when `a` comes first. Numbers are compared as such, times by what they mean (a time without a zone is UTC),
 * everything else as text.
 */
export function compareBookmarks(a: BookmarkValue, b: BookmarkValue): number {
  if (typeof a !== 'string' && typeof b !== 'string') return a < b ? -1 : a > b ? 1 : 0;
  const [left, right] = [String(a), String(b)];
  const [first, second] = [momentOf(left), momentOf(right)];
  if (first === undefined || second === undefined) return compareTexts(left, right);
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

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
