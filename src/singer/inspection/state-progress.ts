import { isNumber } from '../../exact-number.js';
import { isMap } from '../../values.js';
import { bookmarksOf } from '../bookmarks.js';
import type { Findings } from './findings.js';
import { compareBookmarks } from './order.js';

/** Bookmarks that are remembered. Of more than this the first are compared. */
const maxBookmarks = 10_000;
/** Places in a page or a file start over with the next one. */
const restarts = /offset|page|index|partition|cursor|version/i;

/** Compares each state with those before it: a bookmark that goes back makes the next run load again, or hides a loss. */
export class StateProgress {
  readonly #highest = new Map<string, unknown>();
  readonly #findings: Findings;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  take(state: unknown, line: number): void {
    if (!isMap(state)) return;
    for (const { stream, value } of bookmarksOf(state)) this.#walk(value, line, stream, []);
  }

  #walk(value: unknown, line: number, stream: string, path: string[]): void {
    if (isMap(value)) {
      for (const [key, member] of Object.entries(value)) {
        if (path.length < 8 && !restarts.test(key)) this.#walk(member, line, stream, [...path, key]);
      }
      return;
    }
    if (isBookmark(value, path)) this.#compare(value, line, stream, path.join('.'));
  }

  #compare(value: unknown, line: number, stream: string, property: string): void {
    const key = `${stream}\n${property}`;
    const before = this.#highest.get(key);
    const order = before === undefined ? undefined : compareBookmarks(value, before);
    if (order !== undefined && order < 0) {
      const detail = () => `bookmark goes back from ${String(before)} to ${String(value)}`;
      this.#findings.add('state_goes_back', line, { stream, property }, detail);
    } else if (before !== undefined || this.#highest.size < maxBookmarks) this.#highest.set(key, value);
  }
}

function isBookmark(value: unknown, path: readonly string[]): boolean {
  if (isNumber(value)) return true;
  if (typeof value !== 'string') return false;
  return path.length === 0 || path.at(-1) === 'replication_key_value' || /^\d{4}-\d{2}-\d{2}/.test(value);
}
