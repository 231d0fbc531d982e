import { isMap } from '../values.js';
import { exactJson } from './exact-json.js';
import type { JsonMap } from './messages.js';

/** A part of a stream that is read and remembered by itself, as taps made with the Singer SDK do. */
export interface BookmarkPartition {
  /** What it is a part for: `{"org": "acme", "repo": "shop"}`. */
  context: JsonMap;
  value: JsonMap;
}

/** A bookmark taken apart: `rest` is what it holds beside its partitions, undefined where that is nothing. */
export function partitionsOf(bookmark: unknown): { partitions: BookmarkPartition[]; rest: unknown } {
  if (!isMap(bookmark) || !Array.isArray(bookmark.partitions)) return { partitions: [], rest: bookmark };
  const { partitions: list, ...others } = bookmark;
  const partitions: BookmarkPartition[] = [];
  for (const entry of list) {
    // Of another form than the SDK's: then it is not a list of partitions.
    if (!isMap(entry) || !isMap(entry.context)) return { partitions: [], rest: bookmark };
    const { context, ...value } = entry;
    partitions.push({ context: context as JsonMap, value });
  }
  return { partitions, rest: Object.keys(others).length === 0 && partitions.length > 0 ? undefined : others };
}

/** `org=acme repo=shop`. */
export function contextText(context: JsonMap): string {
  return Object.entries(context)
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : exactJson(value)}`)
    .join(' ');
}
