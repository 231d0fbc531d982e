import { isMap } from '../values.js';
import { bookmarksOf } from './bookmarks.js';
import { exactJson } from './exact-json.js';
import type { JsonMap } from './messages.js';

/** What became of one stream's bookmark, or (`stream: undefined`) of what a state holds beside its bookmarks. */
export interface StateChange {
  stream: string | undefined;
  change: 'added' | 'removed' | 'changed';
  before: unknown;
  after: unknown;
}

/** The streams whose bookmarks differ, by name; the rest of the state comes last. */
export function diffStates(before: JsonMap, after: JsonMap): StateChange[] {
  const [old, now] = [bookmarkMap(before), bookmarkMap(after)];
  const streams = [...new Set([...old.keys(), ...now.keys()])].sort();
  const changes = streams.flatMap((stream) => changeOf(stream, old.get(stream), now.get(stream)));
  return [...changes, ...changeOf(undefined, restOf(before), restOf(after))];
}

function changeOf(stream: string | undefined, before: unknown, after: unknown): StateChange[] {
  if (textOf(before) === textOf(after)) return [];
  const change = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  return [{ stream, change, before, after }];
}

function bookmarkMap(state: JsonMap): Map<string, unknown> {
  return new Map(bookmarksOf(state).map(({ stream, value }) => [stream, value]));
}

/** Of a state without `bookmarks` the streams are its keys. */
function restOf(state: JsonMap): JsonMap | undefined {
  const { bookmarks, currently_syncing: cursor, ...others } = state;
  const rest = { ...(isMap(bookmarks) ? others : {}), ...(cursor === undefined ? {} : { currently_syncing: cursor }) };
  return Object.keys(rest).length === 0 ? undefined : rest;
}

/** The order of keys means nothing. */
function textOf(value: unknown): string {
  return value === undefined ? '' : exactJson(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
