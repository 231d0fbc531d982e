import { isMap } from '../../values.js';
import type { Catalog, CatalogStream } from '../catalog.js';
import { exactJson, plainNumber } from '../exact-json.js';
import type { JsonMap } from '../messages.js';
import type { BookmarkValue } from './bookmark-value.js';
import { PluginError } from './plugin-process.js';
import type { SelectedStream } from './selected-stream.js';
import { StreamReading } from './stream-reading.js';
import type { Tap, TapRun } from './tap-kit.js';

/** One stream of a tap: what it is, and how its records are read. */
export interface TapStream {
  name: string;
  /** A JSON schema with `properties`. Properties of records that it does not have are left out, with a warning. */
  schema: JsonMap;
  keyProperties?: readonly string[];
  /** Makes it incremental: the next run reads from the greatest value of this property on. */
  replicationKey?: string;
  /**
   * Records come in ascending order of the replication key, so that the bookmark moves with them. A stream that is
   * not sorted has its bookmark moved when all of it, or a partition, is read.
   */
  isSorted?: boolean;
  /** Number of days to read at a time, ascending. Needs a replication key that is a time, and `start_date`. */
  partitionDays?: number;
  /** The name of the value in `bookmarks.<stream>` of the state. Default: `replication_key_value`. */
  bookmarkName?: string;
  read(request: ReadRequest): AsyncIterable<JsonMap> | Iterable<JsonMap>;
}

/** What is wanted of a stream. */
export interface ReadRequest {
  /** The bookmark, or `start_date`; undefined: all. Records with this very value are wanted too. */
  from: BookmarkValue | undefined;
  /** The end of the partition, or `end_date`; records with this value belong to the next. Undefined: no end. */
  to: string | undefined;
  /** Set when the runner asks the tap to end; pass it on to what waits. */
  stop: AbortSignal;
}

/** A tap by its streams. */
export interface TapDefinition {
  name: string;
  /** For discovery and before reading. Throw PluginError for what a person can mend in the config. */
  streams(config: JsonMap, stop: AbortSignal): Promise<TapStream[]> | TapStream[];
  /** As `streams`, where a catalog is at hand: schemas may be empty then. Default: `streams`. */
  streamsToRead?(config: JsonMap): Promise<TapStream[]> | TapStream[];
  /** Number of records of a stream after which a state is emitted. Default: the setting `batch_size`, or 10,000. */
  checkpointEvery?: number;
  /** How many streams are read at once. Default: one. */
  concurrency?: number | ((config: JsonMap) => number);
}

/** Discovery, selection, schemas, bookmarks, checkpoints: all but the reading itself. For `runTap`. */
export function defineTap(definition: TapDefinition): Tap {
  const find = async (config: JsonMap, stop: AbortSignal): Promise<Map<string, TapStream>> => {
    const streams = await definition.streams(config, stop);
    return new Map(streams.map((stream) => [stream.name, stream]));
  };
  return {
    name: definition.name,
    discover: async (config, stop) =>
      ({ streams: [...(await find(config, stop)).values()].map(catalogStream) }) satisfies Catalog,
    sync: async (run) => {
      const listed = definition.streamsToRead?.(run.config);
      const streams =
        listed === undefined
          ? await find(run.config, run.stop)
          : new Map((await listed).map((stream) => [stream.name, stream]));
      await readAll(definition, run, streams);
    },
  };
}

async function readAll(definition: TapDefinition, run: TapRun, streams: Map<string, TapStream>): Promise<void> {
  const bookmarks: JsonMap = isMap(run.state.bookmarks) ? { ...run.state.bookmarks } : {};
  const every = wholeNumber(run.config.batch_size ?? definition.checkpointEvery ?? 10_000, 'batch_size');
  const { concurrency = 1 } = definition;
  const readers = typeof concurrency === 'number' ? concurrency : concurrency(run.config);
  const failed = new AbortController();
  const stop = AbortSignal.any([run.stop, failed.signal]);
  const rest = [...run.streams];
  const read = async (): Promise<void> => {
    for (let next = rest.shift(); next !== undefined && !stop.aborted; next = rest.shift()) {
      const reading = new StreamReading({ ...run, stop }, next, streamOf(streams, next), { bookmarks, every });
      await reading.run();
    }
  };
  const readOrStop = (): Promise<void> =>
    read().catch((error: unknown) => {
      failed.abort();
      throw error;
    });
  const ends = await Promise.allSettled(Array.from({ length: Math.max(1, readers) }, readOrStop));
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

function streamOf(streams: Map<string, TapStream>, { id }: SelectedStream): TapStream {
  const stream = streams.get(id);
  if (stream !== undefined) return stream;
  throw new PluginError(
    `The stream ${id} is in the catalog, but the tap does not have it. Discover the catalog again.`,
  );
}

/** Throws PluginError. */
function wholeNumber(value: unknown, setting: string, least = 1): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : plainNumber(value);
  if (typeof number === 'number' && Number.isSafeInteger(number) && number >= least) return number;
  throw new PluginError(`The setting ${setting} is not a whole number of at least ${least}: ${exactJson(value)}.`);
}

function catalogStream(stream: TapStream): CatalogStream {
  const { name, schema, keyProperties = [], replicationKey } = stream;
  const method = replicationKey === undefined ? 'FULL_TABLE' : 'INCREMENTAL';
  const key = replicationKey === undefined ? {} : { 'replication-key': replicationKey };
  const own = { inclusion: 'available', selected: true, 'table-key-properties': keyProperties };
  const automatic = new Set([...keyProperties, replicationKey]);
  const properties = Object.keys(isMap(schema.properties) ? schema.properties : {});
  return {
    tap_stream_id: name,
    stream: name,
    schema,
    key_properties: keyProperties,
    replication_method: method,
    ...(replicationKey === undefined ? {} : { replication_key: replicationKey }),
    metadata: [
      { breadcrumb: [], metadata: { ...own, 'replication-method': method, ...key } },
      ...properties.map((property) => ({
        breadcrumb: ['properties', property],
        metadata: { inclusion: automatic.has(property) ? 'automatic' : 'available', selected: true },
      })),
    ],
  };
}
