import type { Statement } from 'better-sqlite3';
import { PluginError } from '../../singer/kit/plugin-process.js';
import type { JsonMap, SchemaMessage } from '../../singer/messages.js';
import { bind, type ColumnKind, canKeep, declaredTypes, kindOf, kindOfDeclared, type SqliteValue } from './columns.js';
import type { Database } from './database.js';
import { columnsFor, foldName, quoteName } from './names.js';

export type LoadMethod = 'upsert' | 'append-only' | 'overwrite';

interface Column {
  property: string;
  name: string;
  kind: ColumnKind;
}

/** The table of one stream: made and widened as its schema says, and filled. All within the caller's transaction. */
export class Table {
  readonly name: string;
  readonly #database: Database;
  readonly #upsert: boolean;
  #schema: SchemaMessage;
  #extra: Readonly<Record<string, ColumnKind>>;
  #columns: Column[] = [];
  #insert: Statement | undefined;
  /** Whether the run's first record empties the table. */
  #toEmpty: boolean;

  constructor(
    database: Database,
    name: string,
    schema: SchemaMessage,
    method: LoadMethod,
    extra: Readonly<Record<string, ColumnKind>>,
  ) {
    this.name = name;
    this.#database = database;
    this.#schema = schema;
    this.#extra = extra;
    this.#upsert = method !== 'append-only' && schema.keyProperties.length > 0;
    this.#toEmpty = method === 'overwrite';
  }

  /** The next `prepare` brings the table up to it. */
  change(schema: SchemaMessage): void {
    this.#schema = schema;
    this.#insert = undefined;
  }

  /** Makes, empties or widens the table. */
  prepare(): void {
    if (this.#insert !== undefined) return;
    if (this.#toEmpty) this.#database.exec(`DROP TABLE IF EXISTS ${quoteName(this.name)}`);
    const existing = this.#existingColumns();
    const kinds = this.#wantedKinds();
    const names = columnsFor(Object.keys(kinds), [...existing.keys()]);
    this.#columns = [...names].map(([property, name]) => ({ property, name, kind: kinds[property] as ColumnKind }));
    if (existing.size === 0) this.#create();
    else this.#widen(existing);
    this.#insert = this.#database.prepare(this.#insertText());
  }

  /** Rows go in in their order: the last of a key stays. */
  write(records: readonly JsonMap[]): void {
    this.prepare();
    const insert = this.#insert as Statement;
    for (const record of records) insert.run(this.#valuesOf(record));
  }

  committed(): void {
    if (this.#insert !== undefined) this.#toEmpty = false;
  }

  /** Forgets what is known of the table, since a transaction was rolled back. */
  forget(): void {
    this.#insert = undefined;
  }

  #wantedKinds(): Record<string, ColumnKind> {
    const properties = (this.#schema.schema.properties ?? {}) as JsonMap;
    const kinds = new Map<string, ColumnKind>(
      Object.entries(properties).map(([name, schema]) => [name, kindOf(schema)]),
    );
    for (const key of this.#schema.keyProperties) {
      if (!kinds.has(key)) throw new PluginError(`The key ${key} of ${this.#schema.stream} is not in its schema.`);
    }
    for (const [name, kind] of Object.entries(this.#extra)) kinds.set(name, kind);
    if (kinds.size === 0)
      throw new PluginError(`The schema of ${this.#schema.stream} has no properties, so there is nothing to keep.`);
    return Object.fromEntries(kinds);
  }

  #existingColumns(): Map<string, ColumnKind> {
    const rows = this.#database.pragma(`table_info(${quoteName(this.name)})`) as { name: string; type: string }[];
    return new Map(rows.map((row) => [row.name, kindOfDeclared(row.type)]));
  }

  #create(): void {
    const columns = this.#columns.map((column) => `${quoteName(column.name)} ${declaredTypes[column.kind]}`.trim());
    const key = this.#upsert ? [`PRIMARY KEY (${this.#keyNames().join(', ')})`] : [];
    this.#database.exec(`CREATE TABLE ${quoteName(this.name)} (${[...columns, ...key].join(', ')})`);
  }

  #widen(existing: Map<string, ColumnKind>): void {
    const byFold = new Map([...existing].map(([name, kind]) => [foldName(name), kind]));
    for (const column of this.#columns) {
      const kind = byFold.get(foldName(column.name));
      if (kind === undefined) {
        const type = declaredTypes[column.kind];
        this.#database.exec(
          `ALTER TABLE ${quoteName(this.name)} ADD COLUMN ${`${quoteName(column.name)} ${type}`.trim()}`,
        );
      } else {
        if (!canKeep(kind, column.kind)) this.#refuse(column, kind);
        column.kind = kind;
      }
    }
    if (this.#upsert) this.#ensureKey();
  }

  #refuse(column: Column, existing: ColumnKind): never {
    throw new PluginError(
      `Column ${column.name} of table ${this.name} is ${declaredTypes[existing]}, but ${this.#schema.stream} now has ` +
        `${column.kind === 'any' ? 'values of several types' : declaredTypes[column.kind]} in it. ` +
        'Rename or drop the column, or load the stream into another table (`table_names`).',
    );
  }

  /** A table that was made without this key gets an index for it. */
  #ensureKey(): void {
    const keys = this.#keyNames();
    const wanted = keys.map(foldName).sort().join();
    if (
      this.#uniqueKeys().some(
        (columns) =>
          columns
            .map((name) => foldName(quoteName(name)))
            .sort()
            .join() === wanted,
      )
    )
      return;
    const index = quoteName(`${this.name} key ${this.#schema.keyProperties.join(' ')}`);
    try {
      this.#database.exec(`CREATE UNIQUE INDEX ${index} ON ${quoteName(this.name)} (${keys.join(', ')})`);
    } catch (error) {
      if (!String((error as Error).message).startsWith('UNIQUE')) throw error;
      throw new PluginError(
        `Table ${this.name} has several rows with one key (${this.#schema.keyProperties.join(', ')}), so \`upsert\` can't be used on it. ` +
          'Remove the duplicates, or set `load_method` to `append-only`.',
      );
    }
  }

  #uniqueKeys(): string[][] {
    const info = this.#database.pragma(`table_info(${quoteName(this.name)})`) as { name: string; pk: number }[];
    const primary = info.filter((column) => column.pk > 0).map((column) => column.name);
    const indexes = this.#database.pragma(`index_list(${quoteName(this.name)})`) as {
      name: string;
      unique: number;
      partial: number;
    }[];
    const unique = indexes
      .filter((index) => index.unique === 1 && index.partial === 0)
      .map((index) => {
        const columns = this.#database.pragma(`index_info(${quoteName(index.name)})`) as { name: string | null }[];
        return columns.map((column) => column.name ?? '');
      });
    return [primary, ...unique];
  }

  #keyNames(): string[] {
    const names = new Map(this.#columns.map((column) => [column.property, quoteName(column.name)]));
    return this.#schema.keyProperties.map((key) => names.get(key) ?? quoteName(key));
  }

  #insertText(): string {
    const names = this.#columns.map((column) => quoteName(column.name));
    const insert = `INSERT INTO ${quoteName(this.name)} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    if (!this.#upsert) return insert;
    const keys = this.#keyNames();
    const others = names.filter((name) => !keys.includes(name)).map((name) => `${name} = excluded.${name}`);
    const action = others.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${others.join(', ')}`;
    return `${insert} ON CONFLICT (${keys.join(', ')}) ${action}`;
  }

  #valuesOf(record: JsonMap): SqliteValue[] {
    if (this.#upsert) {
      for (const key of this.#schema.keyProperties) {
        if (record[key] === undefined || record[key] === null) {
          throw new PluginError(`A record of ${this.#schema.stream} has no value for its key ${key}.`);
        }
      }
    }
    return this.#columns.map((column) => bind(record[column.property], column.kind));
  }
}
