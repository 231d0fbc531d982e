import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { JsonMap } from '../../singer/messages.js';
import { isMap } from '../../singer/messages.js';

/** How much of a file earlier runs have read, as recorded in the state. */
export interface FileBookmark {
  size: number;
  /** ISO 8601, UTC. */
  mtime: string;
  /** Only for a file that was not finished: the number of rows already read. */
  rows?: number;
  /** Only of such a file: what the run that left it had started from. */
  since?: Boundary;
  /** The greatest value of the replication key. */
  value?: string;
  /** Hashes of the rows that have it; absent where they are too many. */
  boundary?: string[];
}

/** Rows before it are done; rows with the same value are done where their hash is there. */
export interface Boundary {
  value: string;
  boundary?: string[];
}

export function looksUnchanged(bookmark: FileBookmark, stats: Stats): boolean {
  return bookmark.size === stats.size && bookmark.mtime === stats.mtime.toISOString();
}

/** A file's bookmark in a stream's, and nothing where somebody else wrote it. */
export function readFileBookmark(files: unknown, key: string): FileBookmark | undefined {
  const found = isMap(files) && Object.hasOwn(files, key) ? files[key] : undefined;
  if (!isMap(found) || typeof found.size !== 'number' || typeof found.mtime !== 'string') return undefined;
  const bookmark: FileBookmark = { size: found.size, mtime: found.mtime };
  if (typeof found.rows === 'number') bookmark.rows = found.rows;
  const own = readBoundary(found);
  if (own !== undefined) Object.assign(bookmark, own);
  const since = isMap(found.since) ? readBoundary(found.since) : undefined;
  if (since !== undefined) bookmark.since = since;
  return bookmark;
}

function readBoundary(map: JsonMap): Boundary | undefined {
  if (typeof map.value !== 'string') return undefined;
  const { value, boundary } = map;
  return Array.isArray(boundary) ? { value, boundary: boundary.map(String) } : { value };
}

/** Negative, 0 or positive. Numbers compare as such, all else as text, which suits dates of the ISO form. */
export function compareValues(a: string, b: string): number {
  if (a === b) return 0;
  if (isNumber(a) && isNumber(b)) {
    const difference = Number(a) - Number(b);
    if (difference !== 0 || a.includes('.') || b.includes('.')) return difference;
    return BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
  }
  return a < b ? -1 : 1;
}

function isNumber(text: string): boolean {
  return /^-?\d+(?:\.\d+)?$/.test(text);
}

export function rowHash(row: readonly string[]): string {
  return createHash('sha1').update(JSON.stringify(row)).digest('base64').slice(0, 16);
}

/** More rows of one value than this are not remembered one by one: they are read again with the next change. */
const maxBoundaryRows = 200;

/** Follows the greatest value of the replication key and the rows that have it. */
export class GreatestValue {
  #value: string | undefined;
  #rows: string[][] = [];
  /** Of rows that earlier runs have read. */
  #hashes: string[] | undefined = [];

  constructor(start: Boundary | undefined) {
    if (start === undefined) return;
    this.#value = start.value;
    this.#hashes = start.boundary;
  }

  see(value: string, row: string[]): void {
    const difference = this.#value === undefined ? 1 : compareValues(value, this.#value);
    if (difference < 0) return;
    if (difference > 0) {
      this.#value = value;
      this.#rows = [];
      this.#hashes = [];
    }
    if (this.#rows.length <= maxBoundaryRows) this.#rows.push(row);
  }

  get boundary(): Boundary | undefined {
    if (this.#value === undefined) return undefined;
    if (this.#hashes === undefined) return { value: this.#value };
    const hashes = [...this.#hashes, ...this.#rows.map(rowHash)];
    return hashes.length > maxBoundaryRows ? { value: this.#value } : { value: this.#value, boundary: hashes };
  }
}
