import { hasAt, LineHead } from './line-head.js';

/**
 * Passes on the whole lines of a Singer byte stream and knows what each is, without a copy or a string a record.
 *
 * Most lines begin like one before them (`{"type": "RECORD", "stream": "users"`), so the bytes of a line's
 * beginning are compared with those; only where none matches is the line's head read.
 */

const newline = 10;
const closingBrace = 0x7d;

const mebibyte = 1024 * 1024;

export const defaultScannerLimits = {
  /** A line longer than this is passed on while it is still being read. In bytes. */
  streamFrom: mebibyte,
  /** The longest SCHEMA, STATE, ACTIVATE_VERSION or BATCH line. In bytes. */
  message: 32 * mebibyte,
  /** How many odd lines are kept for a warning. */
  oddLines: 5,
  /** More streams than this are counted together under `otherStreams`. */
  streams: 10_000,
} as const;

/** The name under which a tap's streams are counted that are too many to count apart. */
export const otherStreams = '(other streams)';

export type ControlType = 'SCHEMA' | 'STATE' | 'ACTIVATE_VERSION' | 'BATCH';

/** A whole line that is not a record. `line` shares its memory with the chunk and has no line end. */
export interface ControlLine {
  type: ControlType;
  line: Buffer;
}

/** A SCHEMA, STATE ... line over the limit: it is not passed on, except for the part before its type was known. */
export interface TooLongLine {
  type: string;
  lineNumber: number;
  /** Bytes read of it so far. */
  bytes: number;
  limit: number;
}

/** A line that no Singer program understands. It is passed on unchanged. */
export interface OddLine {
  lineNumber: number;
  reason: string;
  /** Its first bytes as text; may hold data, so for a warning of a person's own run only. */
  excerpt: string;
}

export interface StreamCounts {
  records: number;
  bytes: number;
}

export interface ScannerTotals {
  lines: number;
  records: number;
  /** Bytes of all lines, line ends included. */
  bytes: number;
  states: number;
  oddLines: number;
}

export interface LineScannerOptions {
  /**
   * Called for each SCHEMA, STATE, ACTIVATE_VERSION and BATCH line, in order, when all records before it are
   * counted. The text that it returns says why the line is odd.
   */
  onMessage?: ((message: ControlLine) => string | undefined) | undefined;
  onTooLong?: ((line: TooLongLine) => void) | undefined;
  limits?: Partial<Record<keyof typeof defaultScannerLimits, number>> | undefined;
}

/** What stood after the last line end. */
export interface UnfinishedLine {
  /** Bytes of it in all. */
  bytes: number;
  /** Bytes of it that were passed on already, since it is longer than `streamFrom`. */
  passedOn: number;
  type: string | undefined;
  stream: string | undefined;
  /** Its beginning, for a message. */
  excerpt: string;
}

export interface ScanEnd {
  /** Slices still to be passed on: the last line, where it was accepted. */
  forward: Buffer[];
  unfinished: UnfinishedLine | undefined;
}

/** How the lines of one stream begin. */
interface KnownStart {
  bytes: Buffer;
  counts: StreamCounts;
}

/** How this tap writes the beginning of a record: the stream's name stands between these two. */
interface Layout {
  before: Buffer;
  after: Buffer;
}

const quote = 0x22;
/** Longer beginnings are not remembered. In bytes. */
const maxStartBytes = 512;
/** Small pieces of an unfinished line are joined up to this size. In bytes. */
const pieceSize = 16 * 1024;
const excerptLength = 120;

const controlTypes: ReadonlySet<string> = new Set<ControlType>(['SCHEMA', 'STATE', 'ACTIVATE_VERSION', 'BATCH']);

function isControlType(type: string | undefined): type is ControlType {
  return type !== undefined && controlTypes.has(type);
}

/** Whether the last byte before `end` that is not white space closes an object. */
function endsWithBrace(bytes: Buffer, from: number, end: number): boolean {
  for (let at = end - 1; at >= from; at -= 1) {
    const byte = bytes[at] as number;
    if (byte === closingBrace) return true;
    if (byte > 0x20) return false;
  }
  return false;
}

/** One a link: holds what is unfinished of its stream. */
export class LineScanner {
  readonly totals: ScannerTotals = { lines: 0, records: 0, bytes: 0, states: 0, oddLines: 0 };
  readonly streams = new Map<string, StreamCounts>();
  /** The first few, see `limits.oddLines`. */
  readonly oddLines: OddLine[] = [];

  readonly #limits: Record<keyof typeof defaultScannerLimits, number>;
  readonly #onMessage: LineScannerOptions['onMessage'];
  readonly #onTooLong: LineScannerOptions['onTooLong'];

  /** The beginning of the newest record. */
  #current: KnownStart | undefined;
  #layout: Layout | undefined;
  /** Keyed by the stream's name as the line has it. */
  #starts = new Map<string, KnownStart>();

  /** The line that began in an earlier chunk: held in pieces, or being passed on, or thrown away. */
  #rest: 'none' | 'held' | 'passing' | 'dropped' = 'none';
  #pieces: Buffer[] = [];
  #restBytes = 0;
  #passedOn = 0;
  /** Of a line longer than `streamFrom` only. */
  #head: LineHead | undefined;
  #excerpt = '';
  #closed = false;

  constructor(options: LineScannerOptions = {}) {
    const given = Object.entries(options.limits ?? {}).filter(([, limit]) => limit !== undefined);
    this.#limits = { ...defaultScannerLimits, ...Object.fromEntries(given) };
    this.#onMessage = options.onMessage;
    this.#onTooLong = options.onTooLong;
  }

  /** Bytes of an unfinished line that are kept in memory. */
  get heldBytes(): number {
    return this.#rest === 'held' ? this.#restBytes : 0;
  }

  /**
   * Takes the next bytes and returns what to pass on: slices that share memory with this chunk and earlier
   * ones, in order, empty where no line ended. A chunk must not be changed after it was given.
   */
  push(chunk: Buffer): Buffer[] {
    const forward: Buffer[] = [];
    if (chunk.length === 0) return forward;
    let from = 0;
    let keepFrom = 0;
    if (this.#rest !== 'none') {
      const end = chunk.indexOf(newline);
      if (end === -1) {
        this.#extend(chunk, forward);
        return forward;
      }
      const passes = this.#finish(chunk, end, forward);
      from = end + 1;
      if (!passes) keepFrom = from;
    }
    const after = this.#wholeLines(chunk, from, keepFrom, forward);
    if (after < chunk.length) this.#begin(chunk, after, forward);
    return forward;
  }

  /**
   * Ends the stream. With `acceptLast` a last line without a line end that is a whole JSON object is
   * counted and returned like any other; else it is reported as unfinished.
   */
  end(options: { acceptLast?: boolean } = {}): ScanEnd {
    if (this.#rest === 'none') return { forward: [], unfinished: undefined };
    if (options.acceptLast === true) {
      const forward = this.#acceptRest();
      if (forward !== undefined) return { forward, unfinished: undefined };
    }
    const head = this.#headOfRest();
    const unfinished: UnfinishedLine = {
      bytes: this.#restBytes,
      passedOn: this.#passedOn,
      type: head.type,
      stream: head.stream,
      excerpt: this.#excerptOfRest(),
    };
    this.#clearRest();
    return { forward: [], unfinished };
  }

  /** What is left to pass on of a last line that is whole; nothing where it is not. */
  #acceptRest(): Buffer[] | undefined {
    if (this.#rest === 'passing') {
      const head = this.#headOfRest();
      if (isControlType(head.type) || oddness(head, this.#closed) !== undefined) return undefined;
      this.#countPassed(this.#restBytes, true);
      this.#clearRest();
      return [];
    }
    if (this.#rest !== 'held') return undefined;
    const line = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces);
    if (!isJsonObject(line)) return undefined;
    this.#clearRest();
    return this.#line(line, 0, line.length, line.length) ? [line] : [];
  }

  /** Counts the lines that end in this chunk; returns where the unfinished one begins. */
  #wholeLines(chunk: Buffer, from: number, keepFrom: number, forward: Buffer[]): number {
    let at = from;
    let sliceFrom = keepFrom;
    for (;;) {
      const known = this.#current;
      const matches = known !== undefined && at + known.bytes.length <= chunk.length && hasAt(chunk, at, known.bytes);
      const end = chunk.indexOf(newline, matches ? at + known.bytes.length : at);
      if (end === -1) break;
      if (matches && chunk[end - 1] === closingBrace) {
        this.#countRecord(known.counts, end + 1 - at);
      } else if (!this.#line(chunk, at, end, end + 1 - at)) {
        if (at > sliceFrom) forward.push(chunk.subarray(sliceFrom, at));
        sliceFrom = end + 1;
      }
      at = end + 1;
    }
    if (at > sliceFrom) forward.push(chunk.subarray(sliceFrom, at));
    return at;
  }

  #countRecord(counts: StreamCounts, bytes: number): void {
    counts.records += 1;
    counts.bytes += bytes;
    this.totals.lines += 1;
    this.totals.records += 1;
    this.totals.bytes += bytes;
  }

  /** Tells what a line is, `bytes` long with its line end. False: it must not be passed on. */
  #line(bytes: Buffer, from: number, end: number, length: number): boolean {
    const known = this.#knownStart(bytes, from, end);
    if (known !== undefined) {
      this.#current = known;
      if (endsWithBrace(bytes, from, end)) this.#countRecord(known.counts, length);
      else this.#odd(length, 'a RECORD that is cut off', excerpt(bytes, from, end));
      return true;
    }
    const head = new LineHead();
    head.feed(bytes, from, end);
    if (isControlType(head.type)) {
      if (length > this.#limits.message) {
        this.totals.lines += 1;
        this.#tooLong(head.type, length);
        return false;
      }
      this.#message(head.type, bytes.subarray(from, withoutLineEnd(bytes, from, end)), length);
      return true;
    }
    const reason = oddness(head, endsWithBrace(bytes, from, end));
    if (reason !== undefined) {
      this.#odd(length, reason, excerpt(bytes, from, end));
      return true;
    }
    const counts = this.#countsOf(head.stream as string);
    this.#countRecord(counts, length);
    if (head.plain && head.consumed <= maxStartBytes) this.#remember(bytes, from, head, counts);
    return true;
  }

  /** The stream of a line that is laid out like the records before it, without reading its head. */
  #knownStart(bytes: Buffer, from: number, end: number): KnownStart | undefined {
    const layout = this.#layout;
    if (layout === undefined) return undefined;
    const { before, after } = layout;
    const nameFrom = from + before.length;
    if (nameFrom >= end || !hasAt(bytes, from, before)) return undefined;
    const nameTo = bytes.indexOf(quote, nameFrom);
    if (nameTo === -1 || nameTo + after.length > end || nameTo - nameFrom > maxStartBytes) return undefined;
    if (!hasAt(bytes, nameTo, after)) return undefined;
    return this.#starts.get(bytes.toString('latin1', nameFrom, nameTo));
  }

  #remember(bytes: Buffer, from: number, head: LineHead, counts: StreamCounts): void {
    const before = bytes.subarray(from, from + head.streamFrom);
    const after = bytes.subarray(from + head.streamTo, from + head.consumed);
    const layout = this.#layout;
    if (layout === undefined || !layout.before.equals(before) || !layout.after.equals(after)) {
      this.#layout = { before: Buffer.from(before), after: Buffer.from(after) };
      this.#starts.clear();
    }
    this.#current = { bytes: Buffer.from(bytes.subarray(from, from + head.consumed)), counts };
    if (this.#starts.size >= this.#limits.streams) return;
    this.#starts.set(bytes.toString('latin1', from + head.streamFrom, from + head.streamTo), this.#current);
  }

  #countsOf(stream: string): StreamCounts {
    const known = this.streams.get(stream);
    if (known !== undefined) return known;
    const name = this.streams.size < this.#limits.streams ? stream : otherStreams;
    const counts = this.streams.get(name) ?? { records: 0, bytes: 0 };
    this.streams.set(name, counts);
    return counts;
  }

  #message(type: ControlType, line: Buffer, length: number): void {
    this.totals.lines += 1;
    this.totals.bytes += length;
    if (type === 'STATE') this.totals.states += 1;
    const reason = this.#onMessage?.({ type, line });
    if (reason === undefined) return;
    this.totals.oddLines += 1;
    this.#keepOdd(reason, excerpt(line, 0, line.length));
  }

  #odd(length: number, reason: string, text: string): void {
    this.totals.lines += 1;
    this.totals.bytes += length;
    this.totals.oddLines += 1;
    this.#keepOdd(reason, text);
  }

  #keepOdd(reason: string, text: string): void {
    if (this.oddLines.length >= this.#limits.oddLines) return;
    this.oddLines.push({ lineNumber: this.totals.lines, reason, excerpt: text });
  }

  /** The chunk ends inside a line that begins at `from`. */
  #begin(chunk: Buffer, from: number, forward: Buffer[]): void {
    this.#rest = 'held';
    this.#extend(from === 0 ? chunk : chunk.subarray(from), forward);
  }

  /** The unfinished line continues in the next chunk. */
  #extend(piece: Buffer, forward: Buffer[]): void {
    this.#restBytes += piece.length;
    if (this.#rest === 'held') {
      this.#hold(piece);
      if (this.#head === undefined && this.#restBytes <= this.#limits.streamFrom) return;
      this.#feedHead(piece);
      this.#decide(forward);
    } else {
      this.#head?.feed(piece, 0, piece.length);
      this.#closed = closedAfter(this.#closed, piece);
      if (this.#rest === 'passing') {
        this.#passedOn += piece.length;
        forward.push(piece);
      }
    }
  }

  #hold(piece: Buffer): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.length + piece.length <= pieceSize) {
      this.#pieces[this.#pieces.length - 1] = Buffer.concat([last, piece]);
    } else {
      this.#pieces.push(piece);
    }
  }

  #feedHead(newest: Buffer): void {
    if (this.#head === undefined) this.#head = this.#headOfRest();
    else this.#head.feed(newest, 0, newest.length);
  }

  /** Held lines are passed on when they are long and no message that somebody must see whole. */
  #decide(forward: Buffer[]): void {
    const head = this.#head as LineHead;
    if (isControlType(head.type)) {
      if (this.#restBytes <= this.#limits.message) return;
      this.#rest = 'dropped';
      this.#pieces = [];
      this.#tooLong(head.type, this.#restBytes, this.totals.lines + 1);
      return;
    }
    const undecided = head.state === 'open' && head.type === undefined && head.firstKey !== 'record';
    if (undecided && this.#restBytes <= this.#limits.message) return;
    this.#excerpt = this.#excerptOfRest();
    this.#rest = 'passing';
    this.#passedOn = this.#restBytes;
    for (const piece of this.#pieces) {
      this.#closed = closedAfter(this.#closed, piece);
      forward.push(piece);
    }
    this.#pieces = [];
  }

  /** The unfinished line ends at `end`. False: the chunk up to there must not be passed on. */
  #finish(chunk: Buffer, end: number, forward: Buffer[]): boolean {
    if (this.#rest === 'held') return this.#finishHeld(chunk, end, forward);
    const passes = this.#rest === 'passing';
    const length = this.#restBytes + end + 1;
    const tail = chunk.subarray(0, end);
    this.#head?.feed(tail, 0, end);
    if (passes) this.#countPassed(length, closedAfter(this.#closed, tail));
    else this.totals.lines += 1;
    this.#clearRest();
    return passes;
  }

  /** A line that chunks share is joined only to be looked at, and only where its first piece does not tell enough. */
  #finishHeld(chunk: Buffer, end: number, forward: Buffer[]): boolean {
    const length = this.#restBytes + end + 1;
    const pieces = this.#pieces;
    this.#clearRest();
    const known = this.#current;
    const first = pieces[0] as Buffer;
    const isKnown =
      known !== undefined &&
      known.bytes.length <= first.length &&
      hasAt(first, 0, known.bytes) &&
      end > 0 &&
      chunk[end - 1] === closingBrace;
    if (isKnown) this.#countRecord(known.counts, length);
    else {
      const line = Buffer.concat([...pieces, chunk.subarray(0, end)]);
      if (!this.#line(line, 0, line.length, length)) return false;
    }
    for (const piece of pieces) forward.push(piece);
    return true;
  }

  #countPassed(length: number, closed: boolean): void {
    const head = this.#head as LineHead;
    if (isControlType(head.type)) {
      this.totals.lines += 1;
      this.#tooLong(head.type, length);
      return;
    }
    const reason = oddness(head, closed);
    if (reason === undefined) this.#countRecord(this.#countsOf(head.stream as string), length);
    else this.#odd(length, reason, this.#excerpt);
  }

  #tooLong(type: string, bytes: number, lineNumber = this.totals.lines): void {
    this.#onTooLong?.({ type, lineNumber, bytes, limit: this.#limits.message });
  }

  #headOfRest(): LineHead {
    if (this.#head !== undefined) return this.#head;
    const head = new LineHead();
    for (const piece of this.#pieces) head.feed(piece, 0, piece.length);
    return head;
  }

  #excerptOfRest(): string {
    if (this.#excerpt !== '') return this.#excerpt;
    const line = Buffer.concat(this.#pieces.slice(0, 2));
    return excerpt(line, 0, line.length);
  }

  #clearRest(): void {
    this.#rest = 'none';
    this.#pieces = [];
    this.#restBytes = 0;
    this.#passedOn = 0;
    this.#head = undefined;
    this.#excerpt = '';
    this.#closed = false;
  }
}

/** Scans one link's stream; see `LineScanner`. */
export function createLineScanner(options: LineScannerOptions = {}): LineScanner {
  return new LineScanner(options);
}

function oddness(head: LineHead, closed: boolean): string | undefined {
  if (head.state === 'bad') return 'not a JSON object';
  if (head.type === undefined) return closed ? 'a JSON object without a "type"' : 'not a JSON object';
  if (head.type !== 'RECORD') return `a message of the unknown type ${JSON.stringify(head.type.slice(0, 40))}`;
  if (!closed) return 'a RECORD that is cut off';
  return head.stream === undefined ? 'a RECORD without a "stream"' : undefined;
}

function excerpt(bytes: Buffer, from: number, end: number): string {
  return bytes.toString('utf8', from, Math.min(end, from + excerptLength));
}

function withoutLineEnd(bytes: Buffer, from: number, end: number): number {
  return end > from && bytes[end - 1] === 0x0d ? end - 1 : end;
}

/** Whether a line ends with a closing brace once `piece` was added to it. */
function closedAfter(closed: boolean, piece: Buffer): boolean {
  if (endsWithBrace(piece, 0, piece.length)) return true;
  return closed && piece.every((byte) => byte <= 0x20);
}

function isJsonObject(line: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
