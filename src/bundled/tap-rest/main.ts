import { compareBookmarks, isBookmarkValue } from '../../singer/kit/bookmark-value.js';
import { PluginError } from '../../singer/kit/plugin-process.js';
import { defineTap, type ReadRequest, type TapStream } from '../../singer/kit/stream-tap.js';
import { runTap } from '../../singer/kit/tap-kit.js';
import type { JsonMap } from '../../singer/messages.js';
import { HttpClient } from './http-client.js';
import { inferProperties } from './infer-schema.js';
import { type Paging, readPages, readPaging } from './pages.js';
import { count } from './settings.js';
import { readStreamEntries, type StreamEntry } from './stream-entries.js';

class Api {
  readonly #http: HttpClient;
  readonly #paging: Paging;
  readonly #inferFrom: number;
  readonly entries: StreamEntry[];

  constructor(config: JsonMap) {
    this.#http = new HttpClient(config);
    this.#paging = readPaging(config);
    this.#inferFrom = count(config, 'inference_records', 1000, 1);
    this.entries = readStreamEntries(config);
  }

  stream(entry: StreamEntry, schema: JsonMap): TapStream {
    const { name, keys, replicationKey, isSorted, partitionDays } = entry;
    return {
      name,
      schema,
      keyProperties: keys,
      isSorted,
      ...(replicationKey === undefined ? {} : { replicationKey }),
      ...(partitionDays === undefined ? {} : { partitionDays }),
      read: (request) => this.#read(entry, request),
    };
  }

  async *#read(entry: StreamEntry, request: ReadRequest): AsyncGenerator<JsonMap> {
    const { startParam, endParam } = entry;
    const { from, to, stop } = request;
    const params = { ...entry.params };
    if (startParam !== undefined && from !== undefined) params[startParam] = String(from);
    if (endParam !== undefined && to !== undefined) params[endParam] = to;
    for await (const records of readPages(this.#http, entry, this.#paging, { params, stop })) {
      yield* records.filter((record) => isWanted(entry, request, record));
    }
  }

  /** As the settings have it, else from the first records. Throws PluginError where these lack a key. */
  async schemaOf(entry: StreamEntry, stop: AbortSignal): Promise<JsonMap> {
    if (entry.schema !== undefined)
      return 'properties' in entry.schema ? entry.schema : { type: 'object', properties: entry.schema };
    const records: JsonMap[] = [];
    for await (const page of readPages(this.#http, entry, this.#paging, { params: entry.params, stop })) {
      records.push(...page);
      if (records.length >= this.#inferFrom) break;
    }
    const properties = inferProperties(records);
    for (const name of [...entry.keys, ...(entry.replicationKey === undefined ? [] : [entry.replicationKey])]) {
      if (Object.hasOwn(properties, name)) continue;
      if (records.length > 0) throw new PluginError(`The records of the stream ${entry.name} have no ${name}.`);
      throw new PluginError(
        `The stream ${entry.name} has no records to find out its properties; give it a \`schema\`.`,
      );
    }
    return { type: 'object', properties };
  }
}

/** A server that can't be asked for less gives what earlier runs have read, and what is in other parts. */
function isWanted(entry: StreamEntry, { from, to }: ReadRequest, record: JsonMap): boolean {
  const value = entry.replicationKey === undefined ? undefined : record[entry.replicationKey];
  if (!isBookmarkValue(value)) return true;
  if (entry.startParam === undefined && from !== undefined && compareBookmarks(value, from) < 0) return false;
  return entry.endParam !== undefined || to === undefined || compareBookmarks(value, to) < 0;
}

await runTap(
  defineTap({
    name: 'tap-rest',
    streams: async (config, stop) => {
      const api = new Api(config);
      return Promise.all(api.entries.map(async (entry) => api.stream(entry, await api.schemaOf(entry, stop))));
    },
    // The catalog that is at hand has the schemas.
    streamsToRead: (config) => {
      const api = new Api(config);
      return api.entries.map((entry) => api.stream(entry, {}));
    },
    concurrency: (config) => count(config, 'parallel_streams', 4, 1),
  }),
);
