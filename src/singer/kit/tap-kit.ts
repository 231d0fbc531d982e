import { readFileSync } from 'node:fs';
import { type Catalog, type CatalogStream, metadataOf, parseCatalog } from '../catalog.js';
import { exactJson } from '../exact-json.js';
import type { JsonMap } from '../messages.js';
import { isRead, propertyPath, selectionOf } from '../selection.js';
import { PluginError, parsePluginArguments, readJsonMap, reasonOf, runPluginProcess } from './plugin-process.js';

/** Writes a tap in TypeScript: say what there is (`discover`) and read it (`sync`); the rest is here. */
export interface Tap {
  name: string;
  discover(config: JsonMap): Promise<Catalog>;
  /**
   * Emits schemas, records and states. `stop` is a signal from the runner: end the row at hand, emit the state of
   * what is complete, and return.
   */
  sync(run: TapRun): Promise<void>;
}

export interface TapRun {
  config: JsonMap;
  /** The selected streams of the given catalog; of a discovery, where none was given. */
  streams: SelectedStream[];
  state: JsonMap;
  out: SingerOutput;
  stop: AbortSignal;
}

export interface SelectedStream {
  id: string;
  /** The name that messages carry. */
  name: string;
  schema: JsonMap;
  /** Top-level properties that are read. */
  properties: ReadonlySet<string>;
  keyProperties: string[];
  replicationKey: string | undefined;
}

/** Runs a tap as the program that it is: arguments, files, signals, exit code. */
export function runTap(tap: Tap, args: readonly string[] = process.argv.slice(2)): Promise<void> {
  return runPluginProcess(tap.name, async (stop) => {
    const given = parsePluginArguments(args);
    const config = readJsonMap(given.config, 'config file');
    const out = new SingerOutput(process.stdout);
    if (given.discover) {
      // There is nothing to keep of half a discovery.
      stop.addEventListener('abort', () => process.exit(143));
      await out.line(exactJson(await tap.discover(config), 2));
    } else {
      const catalog = given.catalog === undefined ? undefined : readCatalog(given.catalog);
      const state = readJsonMap(given.state, 'state file');
      const streams = selectedStreams(catalog ?? (await tap.discover(config)), catalog === undefined);
      await tap.sync({ config, streams, state, out, stop });
    }
    await out.flush();
  });
}

function readCatalog(file: string): Catalog {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new PluginError(`The catalog ${file} can't be read: ${reasonOf(error)}.`);
  }
  try {
    return parseCatalog(text);
  } catch (error) {
    throw new PluginError(`${file}: ${(error as Error).message}`);
  }
}

/** A stream without selection metadata is read whole, and so is a catalog that was not edited. */
function selectedStreams(catalog: Catalog, all: boolean): SelectedStream[] {
  return catalog.streams.flatMap((stream) => {
    const entries = metadataOf(stream);
    const own = entries.find((entry) => entry.breadcrumb.length === 0);
    if (!all && own !== undefined && !isRead(selectionOf(own))) return [];
    const schema = (stream.schema ?? {}) as JsonMap;
    const dropped = new Set(
      entries
        .filter((entry) => !all && entry.breadcrumb.length === 2 && !isRead(selectionOf(entry)))
        .map((entry) => propertyPath(entry.breadcrumb)),
    );
    const names = Object.keys((schema.properties ?? {}) as JsonMap).filter((name) => !dropped.has(name));
    return [describe(stream, schema, new Set(names), own?.metadata ?? {})];
  });
}

function describe(stream: CatalogStream, schema: JsonMap, properties: Set<string>, own: JsonMap): SelectedStream {
  const keys = own['table-key-properties'] ?? stream.key_properties;
  const replicationKey = own['replication-key'] ?? stream.replication_key;
  return {
    id: stream.tap_stream_id,
    name: typeof stream.stream === 'string' ? stream.stream : stream.tap_stream_id,
    schema,
    properties,
    keyProperties: Array.isArray(keys) ? keys.map(String) : [],
    replicationKey: typeof replicationKey === 'string' ? replicationKey : undefined,
  };
}

/** Lines are gathered up to this size before they are written. In characters. */
const gatherUpTo = 64 * 1024;

/**
 * Singer messages to a pipe. Whatever is returned as a promise must be awaited: it is the reader's pace. Records
 * return nothing as long as they only fill the buffer; a state is written at once, with all before it.
 */
export class SingerOutput {
  readonly #stream: NodeJS.WritableStream;
  #lines: string[] = [];
  #size = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  schema(stream: string, schema: JsonMap, keyProperties: readonly string[], replicationKey?: string): Promise<void> {
    const bookmarks = replicationKey === undefined ? {} : { bookmark_properties: [replicationKey] };
    return this.line(exactJson({ type: 'SCHEMA', stream, schema, key_properties: keyProperties, ...bookmarks }));
  }

  record(stream: string, record: JsonMap): Promise<void> | undefined {
    const line = `{"type":"RECORD","stream":${JSON.stringify(stream)},"record":${exactJson(record)}}\n`;
    this.#lines.push(line);
    this.#size += line.length;
    return this.#size < gatherUpTo ? undefined : this.flush();
  }

  state(value: JsonMap): Promise<void> {
    return this.line(exactJson({ type: 'STATE', value }));
  }

  async line(text: string): Promise<void> {
    this.#lines.push(`${text}\n`);
    await this.flush();
  }

  flush(): Promise<void> {
    if (this.#lines.length === 0) return Promise.resolve();
    const text = this.#lines.join('');
    this.#lines = [];
    this.#size = 0;
    return new Promise((resolve) => {
      // A broken pipe ends the process, see plugin-process.ts.
      this.#stream.write(text, () => resolve());
    });
  }
}
