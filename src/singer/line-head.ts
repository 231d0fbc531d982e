/**
 * Reads the top-level `type` and `stream` of one JSON line, byte by byte and no further than it must. It can
 * stop and go on at any byte, so a line of any length is read in constant memory:
 *
 *   start -> key -> colon -> value -> comma -> key ... -> closed
 *                              |
 *                              +-> string, scalar or nested (which holds strings too)
 *
 * It is not a validator: what stands inside other values is only skipped.
 */

const quote = 0x22;
const backslash = 0x5c;

/** Names and types longer than this are not kept: such a line is odd. */
const tokenLimit = 4096;

export type HeadState = 'open' | 'found' | 'closed' | 'bad';

type Expecting = 'start' | 'key' | 'colon' | 'value' | 'comma';

export class LineHead {
  /** `found`: enough is known; `closed`: the object ended first; `bad`: this is not a JSON object. */
  state: HeadState = 'open';
  type: string | undefined;
  stream: string | undefined;
  /** The first top-level key: what a line is about, before its type was seen. */
  firstKey: string | undefined;
  /** Bytes read until `found`. */
  consumed = 0;
  /** Where the value of `stream` begins and ends, without its quotes, counted from the line's beginning. */
  streamFrom = 0;
  streamTo = 0;
  /** Only `type` and `stream` were read until `found`, so all lines that begin with the same bytes are alike. */
  plain = true;

  #expecting: Expecting = 'start';
  #inString = false;
  #escaped = false;
  #inScalar = false;
  #depth = 0;
  #key = '';
  /** The token that is being read is a key, or the value of `type` or `stream`. */
  #keeping = false;
  #token = '';
  #tokenHasEscapes = false;
  /** Of the byte that is looked at, counted from the line's beginning; true where a token ends. */
  #position = 0;

  /** Reads bytes `from` to `to` (exclusive) of the line. Does nothing once the state is not `open`. */
  feed(bytes: Buffer, from: number, to: number): void {
    let at = from;
    while (at < to && this.state === 'open') {
      if (this.#depth > 0) at = this.#nested(bytes, at, to);
      else if (this.#inString) at = this.#string(bytes, at, to, from);
      else {
        this.#structure(bytes[at] as number);
        at += 1;
      }
    }
    this.consumed += at - from;
  }

  #string(bytes: Buffer, from: number, to: number, start: number): number {
    let at = from;
    let end = -1;
    let escaped = this.#escaped;
    for (; at < to; at += 1) {
      const byte = bytes[at];
      if (escaped) escaped = false;
      else if (byte === backslash) {
        escaped = true;
        this.#tokenHasEscapes = true;
      } else if (byte === quote) {
        end = at;
        break;
      }
    }
    this.#escaped = escaped;
    if (this.#keeping) this.#keep(bytes, from, end === -1 ? to : end);
    if (end === -1) return to;
    this.#inString = false;
    this.#position = this.consumed + (end - start);
    this.#stringEnds();
    return end + 1;
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    if (this.#token.length + (to - from) > tokenLimit) this.state = 'bad';
    else this.#token += usualToken(bytes, from, to) ?? bytes.toString('latin1', from, to);
  }

  #stringEnds(): void {
    if (!this.#keeping) return;
    this.#keeping = false;
    const text = decode(this.#token, this.#tokenHasEscapes);
    if (text === undefined) {
      this.state = 'bad';
    } else if (this.#expecting === 'colon') {
      this.#key = text;
      this.firstKey ??= text;
      if (text !== 'type' && text !== 'stream') this.plain = false;
    } else {
      if (this.#key === 'type') this.type = text;
      else {
        this.stream = text;
        this.streamTo = this.#position;
        this.streamFrom = this.#position - this.#token.length;
      }
      if (this.type !== undefined && (this.stream !== undefined || this.type !== 'RECORD')) this.state = 'found';
    }
  }

  /** Skips an object or array with all strings in it: tight loops, since whole records may go through them. */
  #nested(bytes: Buffer, from: number, to: number): number {
    let depth = this.#depth;
    let at = from;
    while (at < to && depth > 0) {
      if (this.#inString) {
        at = this.#skipString(bytes, at, to);
        continue;
      }
      const byte = bytes[at] as number;
      at += 1;
      if (byte === quote) this.#inString = true;
      else if (byte === 0x7b || byte === 0x5b) depth += 1;
      else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    }
    this.#depth = depth;
    return at;
  }

  #skipString(bytes: Buffer, from: number, to: number): number {
    let at = from;
    if (this.#escaped) {
      this.#escaped = false;
      at += 1;
    }
    for (; at < to; at += 1) {
      const byte = bytes[at];
      if (byte === quote) {
        this.#inString = false;
        return at + 1;
      }
      if (byte !== backslash) continue;
      at += 1;
      this.#escaped = at >= to;
    }
    return to;
  }

  #structure(byte: number): void {
    if (byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a) {
      this.#inScalar = false;
      return;
    }
    switch (this.#expecting) {
      case 'start':
        if (byte === 0x7b) this.#expecting = 'key';
        else this.state = 'bad';
        break;
      case 'key':
        if (byte === quote) this.#startString('colon', true);
        else this.state = byte === 0x7d ? 'closed' : 'bad';
        break;
      case 'colon':
        if (byte === 0x3a) this.#expecting = 'value';
        else this.state = 'bad';
        break;
      case 'value':
        this.#startValue(byte);
        break;
      case 'comma':
        if (byte === 0x2c) this.#expecting = 'key';
        else if (byte === 0x7d) this.state = 'closed';
        else if (!this.#inScalar) this.state = 'bad';
        if (byte === 0x2c) this.#inScalar = false;
    }
  }

  #startValue(byte: number): void {
    if (byte === quote) {
      this.#startString('comma', this.#key === 'type' || this.#key === 'stream');
      return;
    }
    this.#expecting = 'comma';
    if (byte === 0x7b || byte === 0x5b) this.#depth = 1;
    else if (byte === 0x2d || (byte >= 0x30 && byte <= 0x39) || byte === 0x74 || byte === 0x66 || byte === 0x6e) {
      this.#inScalar = true;
    } else if (byte === 0x4e || byte === 0x49) {
      this.#inScalar = true; // NaN and Infinity, as Python writes them
    } else this.state = 'bad';
  }

  #startString(next: Expecting, keeping: boolean): void {
    this.#expecting = next;
    this.#inString = true;
    this.#keeping = keeping;
    this.#token = '';
    this.#tokenHasEscapes = false;
  }
}

/** Texts that nearly every line contains: comparing them costs less than making a string. */
const usualTokens = ['type', 'stream', 'record', 'RECORD', 'time_extracted', 'version', 'value', 'STATE', 'schema'].map(
  (text) => ({ text, bytes: Buffer.from(text) }),
);

function usualToken(bytes: Buffer, from: number, to: number): string | undefined {
  for (const usual of usualTokens) {
    if (usual.bytes.length === to - from && hasAt(bytes, from, usual.bytes)) return usual.text;
  }
  return undefined;
}

/** Whether `bytes` has `part` at `at`; the caller has checked that it is long enough. */
export function hasAt(bytes: Buffer, at: number, part: Buffer): boolean {
  // Backwards: names differ, and they come last in what is compared here.
  for (let index = part.length - 1; index >= 0; index -= 1) {
    if (bytes[at + index] !== part[index]) return false;
  }
  return true;
}

/** A JSON string's text from its raw bytes, given as one character a byte. */
function decode(raw: string, hasEscapes: boolean): string | undefined {
  const text = isAscii(raw) ? raw : Buffer.from(raw, 'latin1').toString('utf8');
  if (!hasEscapes) return text;
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return undefined;
  }
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 127) return false;
  return true;
}
