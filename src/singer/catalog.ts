import { TaplineError } from '../errors.js';
import { isMap } from '../values.js';
import { parseExactJson } from './exact-json.js';
import type { JsonMap } from './messages.js';

/** What is known of one stream (breadcrumb `[]`) or one of its properties (`['properties', 'id']`). */
export interface CatalogMetadata {
  breadcrumb: string[];
  metadata: JsonMap;
}

/** A stream as taps write it; unknown keys are kept. */
export interface CatalogStream {
  tap_stream_id: string;
  [key: string]: unknown;
}

export interface Catalog {
  streams: CatalogStream[];
  [key: string]: unknown;
}

/**
 * Reads what a tap prints for `--discover`, or a catalog file. Throws CATALOG_INVALID with what is wrong and
 * where. A stream that has only the older `stream` gets it as its `tap_stream_id`; a catalog without
 * `streams` has none, as in the original.
 */
export function parseCatalog(text: string): Catalog {
  const value = readJson(text.startsWith('\ufeff') ? text.slice(1) : text);
  if (!isMap(value)) throw invalid('it is not a JSON object');
  const streams = value.streams ?? [];
  if (!Array.isArray(streams)) throw invalid('its "streams" is not a list');
  for (const [index, stream] of streams.entries()) checkStream(stream, index);
  return Object.assign(value, { streams: streams as CatalogStream[] });
}

function checkStream(stream: unknown, index: number): void {
  if (!isMap(stream)) throw invalid(`stream ${index + 1} in it is not a JSON object`);
  if (typeof stream.tap_stream_id !== 'string') {
    if (typeof stream.stream !== 'string') throw invalid(`stream ${index + 1} in it has no "tap_stream_id"`);
    stream.tap_stream_id = stream.stream;
  }
  if (stream.metadata === null) delete stream.metadata;
  if (stream.metadata !== undefined && !Array.isArray(stream.metadata)) {
    throw invalid(`the "metadata" of stream ${stream.tap_stream_id} in it is not a list`);
  }
}

function readJson(text: string): unknown {
  if (text.trim() === '') throw invalid('it is empty');
  try {
    return parseExactJson(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(`it is not valid JSON (${why})`, { beginsWith: text.slice(0, 200) });
  }
}

function invalid(why: string, data?: JsonMap): TaplineError {
  return new TaplineError('CATALOG_INVALID', `The catalog can't be used: ${why}.`, {
    hint: 'A tap must print one JSON object, and nothing else, on stdout for --discover; its logs belong on stderr.',
    data,
  });
}

/** The metadata entries of a stream that are ones: maps with a breadcrumb. */
export function metadataOf(stream: CatalogStream): CatalogMetadata[] {
  const entries: unknown[] = Array.isArray(stream.metadata) ? stream.metadata : [];
  return entries.filter(isMetadata);
}

function isMetadata(entry: unknown): entry is CatalogMetadata {
  return isMap(entry) && Array.isArray(entry.breadcrumb);
}
