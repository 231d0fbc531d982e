import { type Stats, statSync } from 'node:fs';
import { log, PluginError, reasonOf } from '../../singer/kit/plugin-process.js';
import type { SelectedStream } from '../../singer/kit/selected-stream.js';
import type { TapRun } from '../../singer/kit/tap-kit.js';
import type { JsonMap } from '../../singer/messages.js';
import { isMap } from '../../singer/messages.js';
import { type Convert, converterFor } from './column-types.js';
import {
  type Boundary,
  compareValues,
  type FileBookmark,
  GreatestValue,
  looksUnchanged,
  readFileBookmark,
  rowHash,
} from './file-bookmark.js';
import type { CsvFile } from './files.js';
import { columnNames, readRows } from './rows.js';

/** Number of records of one file after which a state is written. */
const recordsPerState = 10_000;

interface StreamProgress {
  files: Record<string, FileBookmark>;
  records: number;
  skippedFiles: number;
}

/** Reads one stream's files and emits what earlier runs have not. False: it was told to stop. */
export async function readStream(
  run: TapRun,
  stream: SelectedStream,
  files: CsvFile[],
  bookmarks: JsonMap,
): Promise<boolean> {
  const old = isMap(bookmarks[stream.id]) ? (bookmarks[stream.id] as JsonMap) : {};
  const replicationKey = stream.replicationKey ?? files[0]?.entry.replicationKey;
  await run.out.schema(stream.name, stream.projection.schema, stream.keyProperties, replicationKey);
  const progress: StreamProgress = { files: {}, records: 0, skippedFiles: 0 };
  for (const file of files) {
    const bookmark = readFileBookmark(old.files, file.key);
    if (bookmark !== undefined) progress.files[file.key] = bookmark;
  }
  const keep = (): Promise<void> => {
    bookmarks[stream.id] = bookmarkOf(progress, replicationKey);
    return run.out.state({ ...run.state, bookmarks });
  };
  for (const file of files) {
    const start = startOf(old, progress.files[file.key]);
    const finished = await readFile(run, stream, file, { replicationKey, start, progress, keep });
    await keep();
    if (!finished) return false;
  }
  const unchanged = progress.skippedFiles === 0 ? '' : `, ${progress.skippedFiles} of them unchanged`;
  log('INFO', `${stream.name}: ${progress.records} records from ${files.length} files${unchanged}`);
  return true;
}

/** What other taps keep for a stream is a start too, as long as there is nothing for a file. */
function startOf(old: JsonMap, bookmark: FileBookmark | undefined): FileBookmark | undefined {
  if (bookmark !== undefined || old.files !== undefined) return bookmark;
  const value = old.replication_key_value;
  return typeof value === 'string' || typeof value === 'number'
    ? { size: -1, mtime: '', value: String(value) }
    : undefined;
}

interface FileReading {
  replicationKey: string | undefined;
  start: FileBookmark | undefined;
  progress: StreamProgress;
  keep(): Promise<void>;
}

/** False: it was told to stop; the bookmark then says how far it got. */
async function readFile(run: TapRun, stream: SelectedStream, file: CsvFile, reading: FileReading): Promise<boolean> {
  const { start, progress, replicationKey } = reading;
  const stats = statsOf(file);
  if (start !== undefined && run.config.skip_unchanged_files !== false && isDone(start, stats)) {
    progress.skippedFiles += 1;
    return true;
  }
  const position = new FilePosition(start, stats);
  let columns: Columns | undefined;
  for await (const row of readRows(file, stats.size)) {
    if (columns === undefined) {
      columns = new Columns(row, stream, file, stats, replicationKey, run.config.add_metadata_columns === true);
      continue;
    }
    if (run.stop.aborted) {
      progress.files[file.key] = position.halfWay;
      return false;
    }
    if (!position.isNew(row, columns.replicationValue(row))) continue;
    const full = run.out.record(stream.name, columns.recordOf(row, position.rows + 1));
    if (full !== undefined) await full;
    progress.records += 1;
    if (progress.records % recordsPerState !== 0) continue;
    progress.files[file.key] = position.halfWay;
    await reading.keep();
  }
  columns?.warn();
  progress.files[file.key] = position.end;
  return true;
}

function isDone(start: FileBookmark, stats: Stats): boolean {
  return start.rows === undefined && looksUnchanged(start, stats);
}

/** How far a file is read, in this run and in those before. */
class FilePosition {
  rows = 0;
  readonly #now: Pick<FileBookmark, 'size' | 'mtime'>;
  /** Rows that an interrupted run has done. */
  readonly #done: number;
  readonly #since: Boundary | undefined;
  readonly #sinceHashes: ReadonlySet<string>;
  readonly #greatest: GreatestValue;

  constructor(start: FileBookmark | undefined, stats: Stats) {
    this.#now = { size: stats.size, mtime: stats.mtime.toISOString() };
    this.#done = start !== undefined && looksUnchanged(start, stats) ? (start.rows ?? 0) : 0;
    this.#since = start?.rows === undefined ? boundaryOf(start) : start.since;
    this.#sinceHashes = new Set(this.#since?.boundary);
    this.#greatest = new GreatestValue(this.#done > 0 ? boundaryOf(start) : this.#since);
  }

  /** Takes the next row. A row without a value of the replication key is always new. */
  isNew(row: string[], value: string | undefined): boolean {
    this.rows += 1;
    if (this.rows <= this.#done) return false;
    if (value === undefined) return true;
    if (this.#since !== undefined) {
      const difference = compareValues(value, this.#since.value);
      if (difference < 0 || (difference === 0 && this.#sinceHashes.has(rowHash(row)))) return false;
    }
    this.#greatest.see(value, row);
    return true;
  }

  get halfWay(): FileBookmark {
    const since = this.#since === undefined ? {} : { since: this.#since };
    return { ...this.#now, rows: Math.max(this.rows, this.#done), ...since, ...this.#greatest.boundary };
  }

  get end(): FileBookmark {
    return { ...this.#now, ...this.#greatest.boundary };
  }
}

function statsOf(file: CsvFile): Stats {
  try {
    return statSync(file.path);
  } catch (error) {
    throw new PluginError(`The file ${file.path} can't be read: ${reasonOf(error)}.`);
  }
}

function boundaryOf(bookmark: FileBookmark | undefined): Boundary | undefined {
  if (bookmark?.value === undefined) return undefined;
  const { value, boundary } = bookmark;
  return boundary === undefined ? { value } : { value, boundary };
}

function bookmarkOf({ files }: StreamProgress, replicationKey: string | undefined): JsonMap {
  if (replicationKey === undefined) return { files };
  const values = Object.values(files).flatMap((file) => file.value ?? []);
  const greatest = values.sort(compareValues).at(-1);
  return {
    replication_key: replicationKey,
    ...(greatest === undefined ? {} : { replication_key_value: greatest }),
    files,
  };
}

/** Which fields of a file's rows go where. */
class Columns {
  readonly #file: CsvFile;
  readonly #stats: Stats;
  readonly #names: string[];
  readonly #fields: { index: number; name: string; convert: Convert }[];
  readonly #replicationIndex: number;
  readonly #withMetadata: boolean;
  readonly #unknown: string[];
  #tooLong = 0;

  constructor(
    header: string[],
    stream: SelectedStream,
    file: CsvFile,
    stats: Stats,
    replicationKey: string | undefined,
    withMetadata: boolean,
  ) {
    this.#file = file;
    this.#stats = stats;
    this.#names = columnNames(header);
    this.#withMetadata = withMetadata;
    const properties = (stream.schema.properties ?? {}) as Record<string, JsonMap>;
    const missing = [...stream.keyProperties, ...(replicationKey === undefined ? [] : [replicationKey])];
    for (const name of missing) {
      if (!this.#names.includes(name))
        throw new PluginError(`The file ${file.path} of ${stream.name} has no column ${name}.`);
    }
    this.#unknown = this.#names.filter((name) => !Object.hasOwn(properties, name));
    this.#fields = this.#names.flatMap((name, index) =>
      stream.properties.has(name) ? [{ index, name, convert: converterFor(properties[name] ?? {}) }] : [],
    );
    this.#replicationIndex = replicationKey === undefined ? -1 : this.#names.indexOf(replicationKey);
  }

  /** Undefined where there is none: such rows are always read. */
  replicationValue(row: string[]): string | undefined {
    return this.#replicationIndex === -1 ? undefined : row[this.#replicationIndex] || undefined;
  }

  recordOf(row: string[], line: number): JsonMap {
    if (row.length > this.#names.length) this.#tooLong += 1;
    const record: JsonMap = {};
    for (const { index, name, convert } of this.#fields) {
      const text = row[index];
      const value = text === undefined ? null : convert(text);
      if (value === undefined) this.#refuse(name, line);
      record[name] = value;
    }
    if (!this.#withMetadata) return record;
    record._sdc_source_file = this.#file.key;
    record._sdc_source_file_mtime = this.#stats.mtime.toISOString();
    record._sdc_source_lineno = line;
    return record;
  }

  #refuse(name: string, line: number): never {
    throw new PluginError(
      `The file ${this.#file.path} has a value in row ${line}, column ${name}, that does not fit its type in the catalog. ` +
        'Refresh the catalog, or make the column a string with a `schema` rule.',
    );
  }

  warn(): void {
    if (this.#unknown.length > 0) {
      log(
        'WARNING',
        `${this.#file.key}: not in the catalog, so left out: ${this.#unknown.join(', ')}. Refresh the catalog to read them.`,
      );
    }
    if (this.#tooLong > 0) {
      log(
        'WARNING',
        `${this.#file.key}: ${this.#tooLong} rows have more fields than the header; the surplus is left out.`,
      );
    }
  }
}
