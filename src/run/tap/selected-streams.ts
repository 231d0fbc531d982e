import { bookmarksOf, withoutStreams } from '../../singer/bookmarks.js';
import { compilePattern } from '../../singer/patterns.js';
import { parseSelectPattern } from '../../singer/selection-rules.js';
import { mergeMaps } from '../../state/merge.js';
import type { SingerState } from '../../state/port.js';

/** Whether `--select` and `--exclude` let a stream through: as the extra `select_filter` does. */
export function selectsStream(patterns: readonly string[]): (stream: string) => boolean {
  const parsed = patterns.map(parseSelectPattern);
  const matchersOf = (negated: boolean) =>
    parsed.filter((pattern) => pattern.negated === negated).map(({ stream }) => compilePattern(stream));
  const [kept, dropped] = [matchersOf(false), matchersOf(true)];
  return (stream) =>
    (kept.length === 0 || kept.some((matches) => matches(stream))) && !dropped.some((matches) => matches(stream));
}

/** What a tap starts from that begins anew for the selected streams only; undefined where nothing is known of the others. */
export function stateOfUnselected(state: SingerState, patterns: readonly string[]): SingerState | undefined {
  const left = withoutStreams(state, selectsStream(patterns));
  return bookmarksOf(left).length === 0 ? undefined : left;
}

/**
 * What is to be saved after a run of some streams. A tap may print only those that it has reached: of all others the bookmarks
 * stay; those that it prints are replaced as a whole, so that nothing is left of what a refresh has thrown away.
 */
export function withUnreached(before: SingerState, printed: SingerState): SingerState {
  const reached = new Set(bookmarksOf(printed).map(({ stream }) => stream));
  return mergeMaps(
    withoutStreams(before, (stream) => reached.has(stream)),
    printed,
  );
}
