import { isMap } from '../values.js';
import type { JsonMap } from './messages.js';

/** One stream's part of a Singer state. */
export interface Bookmark {
  stream: string;
  value: unknown;
}

/**
 * The bookmarks of a state by stream, as most taps keep them (`{"bookmarks": {"users": {...}}}`), sorted by
 * name. Older taps put the streams at the top level; those of a state without `bookmarks` are taken that way.
 */
export function bookmarksOf(state: JsonMap): Bookmark[] {
  const bookmarks = isMap(state.bookmarks) ? state.bookmarks : withoutCursor(state);
  return Object.entries(bookmarks)
    .map(([stream, value]) => ({ stream, value }))
    .sort((a, b) => (a.stream < b.stream ? -1 : 1));
}

/** The state without the bookmarks of some streams. Where a tap stopped is forgotten too: the stream that it names may be gone. */
export function withoutStreams(state: JsonMap, isGone: (stream: string) => boolean): JsonMap {
  const { currently_syncing: _, ...rest } = state;
  const keep = (bookmarks: JsonMap): JsonMap =>
    Object.fromEntries(Object.entries(bookmarks).filter(([stream]) => !isGone(stream)));
  return isMap(rest.bookmarks) ? { ...rest, bookmarks: keep(rest.bookmarks) } : keep(rest);
}

/** `currently_syncing` names the stream at which a tap stopped; it is not a bookmark. */
function withoutCursor({ currently_syncing: _, ...streams }: JsonMap): JsonMap {
  return streams;
}
