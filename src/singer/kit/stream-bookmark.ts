import { isMap } from '../../values.js';
import type { JsonMap } from '../messages.js';
import { type BookmarkValue, compareBookmarks, isBookmarkValue } from './bookmark-value.js';
import { PluginError } from './plugin-process.js';

export interface BookmarkOptions {
  stream: string;
  replicationKey: string;
  /** The name of the value in `bookmarks.<stream>`. */
  name: string;
  /** Whether records come in ascending order of the replication key. */
  isSorted: boolean;
}

/** How far one stream is read. It moves when everything before it has been emitted, never sooner. */
export class StreamBookmark {
  readonly #options: BookmarkOptions;
  readonly #old: JsonMap;
  #value: BookmarkValue | undefined;
  /** Of records whose bookmark can't be moved yet. */
  #greatest: BookmarkValue | undefined;

  constructor(options: BookmarkOptions, old: unknown) {
    this.#options = options;
    this.#old = isMap(old) ? old : {};
    const value = this.#old[options.name];
    this.#value = isBookmarkValue(value) ? value : undefined;
    this.#greatest = this.#value;
  }

  get value(): BookmarkValue | undefined {
    return this.#value;
  }

  /** Sees a record that has been emitted. Throws PluginError when a sorted stream is not. */
  see(record: JsonMap): void {
    const value = record[this.#options.replicationKey];
    if (!isBookmarkValue(value)) return;
    const difference = this.#greatest === undefined ? 1 : compareBookmarks(value, this.#greatest);
    if (difference > 0) this.#greatest = value;
    if (!this.#options.isSorted) return;
    if (difference < 0 && this.#moved) this.#refuse(value);
    if (difference >= 0) this.#moved = true;
    this.#value = this.#greatest;
  }

  /** Whether a record of this run has moved it: the source may give older ones before. */
  #moved = false;

  /** All is emitted that came up to the greatest value; or up to `end`, where the source was asked for that much. */
  complete(end?: BookmarkValue): void {
    if (end !== undefined && (this.#greatest === undefined || compareBookmarks(end, this.#greatest) > 0)) {
      this.#greatest = end;
    }
    this.#value = this.#greatest;
    this.#moved = false;
  }

  /** For `bookmarks.<stream>` of a state. */
  get state(): JsonMap {
    const { name, replicationKey } = this.#options;
    if (this.#value === undefined) return this.#old;
    const named = name === 'replication_key_value' ? { replication_key: replicationKey } : {};
    return { ...this.#old, ...named, [name]: this.#value };
  }

  #refuse(value: BookmarkValue): never {
    const { stream, replicationKey } = this.#options;
    throw new PluginError(
      `The stream ${stream} is declared sorted by ${replicationKey}, but ${value} comes after ${this.#greatest}. ` +
        'Do not declare it sorted; its bookmark then moves when all of it is read.',
    );
  }
}
