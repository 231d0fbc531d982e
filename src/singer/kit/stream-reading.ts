import type { JsonMap } from '../messages.js';
import { type BookmarkValue, isBookmarkValue } from './bookmark-value.js';
import { log, PluginError } from './plugin-process.js';
import type { SelectedStream } from './selected-stream.js';
import { StreamBookmark } from './stream-bookmark.js';
import type { ReadRequest, TapStream } from './stream-tap.js';
import type { TapRun } from './tap-kit.js';
import { readTime, timePartitions } from './time-partitions.js';

/** What the streams of a run share. */
export interface Progress {
  /** By stream; a state holds them as they are when it is emitted. */
  bookmarks: JsonMap;
  /** Number of records of a stream after which a state is emitted. */
  every: number;
}

/** How long a record waits for others to be written with. In milliseconds. */
const maxWait = 1000;

/** Reads one stream and emits its schema, records and states. */
export class StreamReading {
  readonly #run: TapRun;
  readonly #selected: SelectedStream;
  readonly #stream: TapStream;
  readonly #progress: Progress;
  /** Undefined for a stream that is read whole each time. */
  readonly #bookmark: StreamBookmark | undefined;
  #records = 0;

  constructor(run: TapRun, selected: SelectedStream, stream: TapStream, progress: Progress) {
    this.#run = run;
    this.#selected = selected;
    this.#stream = stream;
    this.#progress = progress;
    const { replicationKey = stream.replicationKey } = selected;
    if (replicationKey === undefined || selected.replicationMethod === 'FULL_TABLE') return;
    const name = stream.bookmarkName ?? 'replication_key_value';
    // Another order than the stream's own is not known of.
    const isSorted = stream.isSorted === true && replicationKey === stream.replicationKey;
    const options = { stream: selected.name, replicationKey, name, isSorted };
    this.#bookmark = new StreamBookmark(options, progress.bookmarks[selected.id]);
  }

  /** Ends early when the runner asks it to. However it ends, a state holds what is complete. */
  async run(): Promise<void> {
    const { name, keyProperties, replicationKey, projection } = this.#selected;
    const key = this.#bookmark === undefined ? undefined : (replicationKey ?? this.#stream.replicationKey);
    await this.#run.out.schema(name, projection.schema, keyProperties, key);
    const timer = setInterval(() => void this.#run.out.flush(), maxWait);
    try {
      for (const request of this.#requests()) if (!(await this.#read(request))) break;
    } finally {
      clearInterval(timer);
      await this.#keep();
    }
    this.#tell();
  }

  /** False: it was told to stop. */
  async #read({ isLast, ...request }: ReadRequest & { isLast: boolean }): Promise<boolean> {
    const { out, stop } = this.#run;
    const { name, projection } = this.#selected;
    for await (const record of this.#stream.read(request)) {
      if (stop.aborted) return false;
      const full = out.record(name, projection.apply(record), new Date());
      this.#bookmark?.see(record);
      this.#records += 1;
      if (full !== undefined) await full;
      if (this.#records % this.#progress.every === 0) await this.#keep();
    }
    if (stop.aborted) return false;
    // More records of the last part may come later, so its end is not a bookmark.
    this.#bookmark?.complete(isLast ? undefined : request.to);
    if (!isLast) await this.#keep();
    return true;
  }

  *#requests(): Generator<ReadRequest & { isLast: boolean }> {
    const { stop, config } = this.#run;
    const from = this.#bookmark?.value ?? startDate(config);
    const end = endDate(config);
    const { partitionDays } = this.#stream;
    if (partitionDays === undefined) {
      yield { from, to: end?.toISOString(), stop, isLast: true };
      return;
    }
    if (from === undefined)
      throw new PluginError(`The stream ${this.#selected.name} is read in parts, and needs start_date.`);
    const until = end ?? new Date();
    for (const part of timePartitions(readTime(from, 'The bookmark or start_date'), until, partitionDays)) {
      const isLast = part.to.getTime() >= until.getTime();
      yield { from: part.from.toISOString(), to: part.to.toISOString(), stop, isLast };
    }
  }

  #keep(): Promise<void> {
    const { bookmarks } = this.#progress;
    if (this.#bookmark !== undefined) bookmarks[this.#selected.id] = this.#bookmark.state;
    return this.#run.out.state({ ...this.#run.state, bookmarks });
  }

  #tell(): void {
    const { name, projection } = this.#selected;
    log('INFO', `${name}: ${this.#records} records`);
    if (projection.unknown.size === 0) return;
    const names = [...projection.unknown].slice(0, 20).join(', ');
    log('WARNING', `${name}: not in the catalog, so left out: ${names}. Refresh the catalog to read them.`);
  }
}

function startDate(config: JsonMap): BookmarkValue | undefined {
  const value = config.start_date;
  if (value === undefined || value === null || value === '') return undefined;
  readTime(value, 'The setting start_date');
  return isBookmarkValue(value) ? value : undefined;
}

function endDate({ end_date: value }: JsonMap): Date | undefined {
  return value === undefined || value === null ? undefined : readTime(value, 'The setting end_date');
}
