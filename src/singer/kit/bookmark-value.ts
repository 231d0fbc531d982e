import { type ExactNumber, isNumber } from '../../exact-number.js';
import { compareNumbers, compareTexts, compareTimes } from '../bookmark-order.js';

/** A value of a replication key: a time, another text, or a number. */
export type BookmarkValue = string | ExactNumber;

export function isBookmarkValue(value: unknown): value is BookmarkValue {
  return typeof value === 'string' || isNumber(value);
}

/**
 * Below 0 when `a` comes first. Numbers are compared as such, times by what they mean (a time without a zone is UTC),
 * everything else as text.
 */
export function compareBookmarks(a: BookmarkValue, b: BookmarkValue): number {
  if (typeof a !== 'string' && typeof b !== 'string') return compareNumbers(a, b);
  const [left, right] = [String(a), String(b)];
  return compareTimes(left, right) ?? compareTexts(left, right);
}
