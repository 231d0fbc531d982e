import { bookmarksOf, withoutStreams } from '../../singer/bookmarks.js';
import { compilePattern } from '../../singer/patterns.js';
import { parseSelectPattern } from '../../singer/selection-rules.js';
import { mergeMaps } from '../../state/merge.js';
import type { SingerState } from '../../state/port.js';

/** Whether `--select` and `--exclude` keep a stream, by the rules of the extra `select_filter`. */
export function selectsStream(patterns: readonly string[]): (stream: string) => boolean {
  const parsed = patterns.map(parseSelectPattern);
  const matchersOf = (negated: boolean) =>
    parsed.filter((pattern) => pattern.negated === negated).map(({ stream }) => compilePattern(stream));
  const [kept, dropped] = [matchersOf(false), matchersOf(true)];
  return (stream) =>
    (kept.length === 0 || kept.some((matches) => matches(stream))) && !dropped.some((matches) => matches(stream));
}

/** The state for a full refresh of the selected streams only; undefined if the other streams have no bookmarks. */
export function stateOfUnselected(state: SingerState, patterns: readonly string[]): SingerState | undefined {
  const left = withoutStreams(state, selectsStream(patterns));
  return bookmarksOf(left).length === 0 ? undefined : left;
}

/**
 * The state to save after a run of some streams. A tap may print only the streams that it has reached: all others keep their
 * bookmarks, and the printed ones are replaced as a whole, so that nothing is left of a bookmark that a refresh dropped.
 */
export function withUnreached(before: SingerState, printed: SingerState): SingerState {
  const reached = new Set(bookmarksOf(printed).map(({ stream }) => stream));
  return mergeMaps(
    withoutStreams(before, (stream) => reached.has(stream)),
    printed,
  );
}
