/** Whole lines of a byte stream. Memory is bounded by `maxBytes`: only the length of a longer line is reported. */
export interface LineListener {
  /** The line without its end, which shares its memory with the chunk, and its length with the end. */
  onLine(line: Buffer, bytes: number): void;
  onTooLong?(bytes: number): void;
}

const newline = 10;

export class Lines {
  readonly #listener: LineListener;
  readonly #maxBytes: number;
  /** The unfinished line; empty, with `#skipped` counting on, once it is too long. */
  #pieces: Buffer[] = [];
  #held = 0;
  #skipped = 0;

  constructor(listener: LineListener, maxBytes: number) {
    this.#listener = listener;
    this.#maxBytes = maxBytes;
  }

  feed(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      this.#end(chunk.subarray(from, end), 1);
      from = end + 1;
    }
    if (from < chunk.length) this.#hold(chunk.subarray(from));
  }

  /** The last line, where it has no end. */
  finish(): void {
    if (this.#held + this.#skipped > 0) this.#end(Buffer.alloc(0), 0);
  }

  #end(last: Buffer, endBytes: number): void {
    const bytes = this.#skipped + this.#held + last.length;
    const isTooLong = bytes > this.#maxBytes;
    const line = this.#held === 0 ? last : Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    this.#held = 0;
    this.#skipped = 0;
    if (isTooLong) this.#listener.onTooLong?.(bytes + endBytes);
    else this.#listener.onLine(line, bytes + endBytes);
  }

  #hold(piece: Buffer): void {
    if (this.#skipped + this.#held + piece.length > this.#maxBytes) {
      this.#skipped += this.#held + piece.length;
      this.#pieces = [];
      this.#held = 0;
      return;
    }
    // A copy, since the reader may use its buffer again.
    this.#pieces.push(Buffer.from(piece));
    this.#held += piece.length;
  }
}
