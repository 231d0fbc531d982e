import { PluginError, projectPath } from '../../singer/kit/plugin-process.js';
import { runTarget, type Target } from '../../singer/kit/target-kit.js';
import type { JsonMap, SchemaMessage } from '../../singer/messages.js';
import { isMap } from '../../singer/messages.js';
import type { ColumnKind } from './columns.js';
import { type Database, inTransaction, openDatabase } from './database.js';
import { foldName, tableName } from './names.js';
import { type LoadMethod, Table } from './table.js';

/** Records wait for their transaction up to this size. In characters of their lines. */
const waitingLimit = 16 * 1024 * 1024;

const loadMethods: readonly string[] = ['upsert', 'append-only', 'overwrite'] satisfies LoadMethod[];

interface Settings {
  path: string;
  method: LoadMethod;
  prefix: string;
  tables: Readonly<Record<string, unknown>>;
  batchSize: number;
  busySeconds: number;
  addMetadata: boolean;
}

function readSettings(config: JsonMap): Settings {
  const path = config.path ?? config.database ?? config.path_to_db ?? 'output/warehouse.db';
  if (typeof path !== 'string' || path === '') throw new PluginError('The setting `path` does not name a file.');
  const method = config.load_method ?? 'upsert';
  if (typeof method !== 'string' || !loadMethods.includes(method)) {
    throw new PluginError(`The setting \`load_method\` is not one of ${loadMethods.join(', ')}.`);
  }
  return {
    path: projectPath(path),
    method: method as LoadMethod,
    prefix: typeof config.table_prefix === 'string' ? config.table_prefix : '',
    tables: isMap(config.table_names) ? config.table_names : {},
    batchSize: readCount(config, 'batch_size_rows', 10_000),
    busySeconds: readCount(config, 'busy_timeout_seconds', 60),
    addMetadata: config.add_record_metadata === true,
  };
}

function readCount(config: JsonMap, name: string, otherwise: number): number {
  const value = Number(config[name] ?? otherwise);
  if (!Number.isInteger(value) || value < 1)
    throw new PluginError(`The setting \`${name}\` is not a whole number above 0.`);
  return value;
}

const metadataColumns: Readonly<Record<string, ColumnKind>> = {
  _sdc_extracted_at: 'text',
  _sdc_received_at: 'text',
  _sdc_batched_at: 'text',
};

/** Gathers records, and writes them stream by stream in one transaction a batch: the file is locked for that only. */
class SqliteTarget implements Target {
  readonly #settings: Settings;
  readonly #database: Database;
  readonly #tables = new Map<string, Table>();
  readonly #streams = new Map<string, string>();
  #waiting = new Map<Table, JsonMap[]>();
  #rows = 0;
  #size = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#database = openDatabase(settings.path, settings.busySeconds);
  }

  get waiting(): boolean {
    return this.#rows > 0;
  }

  schema(message: SchemaMessage): void {
    const known = this.#tables.get(message.stream);
    if (known !== undefined) {
      // Records that came before were made for the schema before.
      this.flush();
      known.change(message);
    } else this.#tables.set(message.stream, this.#tableFor(message));
    const table = this.#tables.get(message.stream) as Table;
    // A stream without a record has a table too, unless what it has is to be replaced.
    if (this.#settings.method !== 'overwrite') this.#write(() => table.prepare());
  }

  #tableFor(message: SchemaMessage): Table {
    const { method, prefix, tables, addMetadata } = this.#settings;
    const given = Object.hasOwn(tables, message.stream) ? tables[message.stream] : undefined;
    const name = tableName(typeof given === 'string' && given !== '' ? given : `${prefix}${message.stream}`);
    const other = this.#streams.get(foldName(name));
    if (other !== undefined) {
      throw new PluginError(
        `The streams ${other} and ${message.stream} would both be loaded into table ${name}: give one of them another in \`table_names\`.`,
      );
    }
    this.#streams.set(foldName(name), message.stream);
    return new Table(this.#database, name, message, method, addMetadata ? metadataColumns : {});
  }

  record(stream: string, record: JsonMap, size: number, line: JsonMap): void {
    const table = this.#tables.get(stream) as Table;
    if (this.#settings.addMetadata) {
      record._sdc_extracted_at = line.time_extracted ?? null;
      record._sdc_received_at = new Date().toISOString();
    }
    const records = this.#waiting.get(table);
    if (records === undefined) this.#waiting.set(table, [record]);
    else records.push(record);
    this.#rows += 1;
    this.#size += size;
    if (this.#rows >= this.#settings.batchSize || this.#size >= waitingLimit) this.flush();
  }

  flush(): void {
    if (this.#rows === 0) return;
    const waiting = this.#waiting;
    if (this.#settings.addMetadata) {
      const batchedAt = new Date().toISOString();
      for (const records of waiting.values()) for (const record of records) record._sdc_batched_at = batchedAt;
    }
    this.#write(() => {
      for (const [table, records] of waiting) table.write(records);
    });
    this.#waiting = new Map();
    this.#rows = 0;
    this.#size = 0;
  }

  #write(action: () => void): void {
    const { path, busySeconds } = this.#settings;
    inTransaction(this.#database, path, busySeconds, action, {
      committed: () => this.#tables.forEach((table) => void table.committed()),
      rolledBack: () => this.#tables.forEach((table) => void table.forget()),
    });
  }

  close(): void {
    this.#database.close();
  }
}

await runTarget('target-sqlite', (config) => new SqliteTarget(readSettings(config)));
