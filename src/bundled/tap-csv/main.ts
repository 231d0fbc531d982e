import { statSync } from 'node:fs';
import type { Catalog, CatalogStream } from '../../singer/catalog.js';
import { log, PluginError } from '../../singer/kit/plugin-process.js';
import { runTap, type Tap, type TapRun } from '../../singer/kit/tap-kit.js';
import type { JsonMap } from '../../singer/messages.js';
import { isMap } from '../../singer/messages.js';
import { TypeGuess } from './column-types.js';
import { readStream } from './csv-stream.js';
import { type CsvFile, type FileEntry, findFiles, readFileEntries } from './files.js';
import { columnNames, readRows } from './rows.js';

/** How much of a file is read to infer its types. In bytes. */
const inferFrom = 256 * 1024 * 1024;

const metadataColumns: Readonly<Record<string, JsonMap>> = {
  _sdc_source_file: { type: ['null', 'string'] },
  _sdc_source_file_mtime: { type: ['null', 'string'], format: 'date-time' },
  _sdc_source_lineno: { type: ['null', 'integer'] },
};

const tapCsv: Tap = {
  name: 'tap-csv',
  async discover(config) {
    const streams: CatalogStream[] = [];
    for (const [name, entries] of readFileEntries(config)) streams.push(await describe(name, entries, config));
    return { streams } satisfies Catalog;
  },
  sync,
};

async function describe(name: string, entries: FileEntry[], config: JsonMap): Promise<CatalogStream> {
  const files = entries.flatMap(findFiles);
  if (files.length === 0) log('WARNING', `${name}: no file matches ${entries.map((entry) => entry.path).join(', ')}`);
  const types = new Map<string, TypeGuess>();
  for (const file of files) await readTypes(file, types, config.infer_types === true);
  const [first] = entries as [FileEntry];
  const automatic = new Set([...first.keys, ...(first.replicationKey === undefined ? [] : [first.replicationKey])]);
  for (const column of automatic) {
    if (files.length > 0 && !types.has(column)) throw new PluginError(`The files of ${name} have no column ${column}.`);
  }
  const properties = Object.fromEntries([...types].map(([column, guess]) => [column, { type: ['null', guess.type] }]));
  if (config.add_metadata_columns === true) Object.assign(properties, metadataColumns);
  return {
    tap_stream_id: name,
    stream: name,
    key_properties: first.keys,
    ...(first.replicationKey === undefined ? {} : { replication_key: first.replicationKey }),
    schema: { type: 'object', properties },
    metadata: [streamMetadata(first), ...Object.keys(properties).map((column) => propertyMetadata(column, automatic))],
  };
}

function streamMetadata({ keys, replicationKey }: FileEntry): JsonMap {
  const incremental = {
    'replication-method': 'INCREMENTAL',
    'replication-key': replicationKey,
    'valid-replication-keys': [replicationKey],
  };
  const method = replicationKey === undefined ? { 'replication-method': 'FULL_TABLE' } : incremental;
  return {
    breadcrumb: [],
    metadata: { inclusion: 'available', selected: true, 'table-key-properties': keys, ...method },
  };
}

function propertyMetadata(column: string, automatic: ReadonlySet<string>): JsonMap {
  const inclusion = automatic.has(column) ? 'automatic' : 'available';
  return { breadcrumb: ['properties', column], metadata: { inclusion, selected: true } };
}

/** Adds a file's columns; what they hold is looked at only where types are wanted. */
async function readTypes(file: CsvFile, types: Map<string, TypeGuess>, infer: boolean): Promise<void> {
  let names: string[] | undefined;
  for await (const row of readRows(file, Math.min(statSync(file.path).size, inferFrom))) {
    if (names === undefined) {
      names = columnNames(row);
      for (const name of names) if (!types.has(name)) types.set(name, new TypeGuess());
      if (!infer) return;
    } else for (const [index, name] of names.entries()) types.get(name)?.see((row[index] ?? '').trim());
  }
}

async function sync(run: TapRun): Promise<void> {
  const entries = readFileEntries(run.config);
  const bookmarks: JsonMap = isMap(run.state.bookmarks) ? { ...run.state.bookmarks } : {};
  for (const stream of run.streams) {
    const own = entries.get(stream.id);
    if (own === undefined) {
      log('WARNING', `${stream.id} is in the catalog, but not in the setting \`files\`; refresh the catalog.`);
      continue;
    }
    if (run.stop.aborted || !(await readStream(run, stream, own.flatMap(findFiles), bookmarks))) return;
  }
}

await runTap(tapCsv);
