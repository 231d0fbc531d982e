/**
 * Splits a child's text output (stderr, a command's stdout, a target's states) into lines of limited length.
 */

const newline = 10;

export interface TextLinesOptions {
  onLine(line: string): void;
  /** Longer lines are cut at this length. */
  maxBytes: number;
  /** Called once per line that is cut, with its first `maxBytes` bytes, instead of `onLine`. */
  onTooLong?: ((beginning: string) => void) | undefined;
}

export class TextLines {
  readonly #options: TextLinesOptions;
  #pieces: Buffer[] = [];
  #held = 0;
  #cutting = false;

  constructor(options: TextLinesOptions) {
    this.#options = options;
  }

  /** The chunk may be kept until its last line ends. */
  push(chunk: Buffer): void {
    let from = 0;
    while (from < chunk.length) {
      const end = chunk.indexOf(newline, from);
      if (end === -1) {
        this.#hold(chunk.subarray(from));
        return;
      }
      this.#hold(chunk.subarray(from, end));
      this.#finish();
      from = end + 1;
    }
  }

  /** A last line without a line end counts as a line. */
  end(): void {
    if (this.#held > 0 || this.#cutting) this.#finish();
  }

  #hold(piece: Buffer): void {
    if (this.#cutting || piece.length === 0) return;
    const room = this.#options.maxBytes - this.#held;
    const kept = piece.length > room ? piece.subarray(0, room) : piece;
    this.#pieces.push(kept);
    this.#held += kept.length;
    if (kept.length === piece.length) return;
    this.#cutting = true;
    const beginning = this.#text();
    this.#pieces = [];
    this.#held = 0;
    if (this.#options.onTooLong !== undefined) this.#options.onTooLong(beginning);
    else this.#options.onLine(cutText(beginning, beginning.length - 1));
  }

  #finish(): void {
    const line = this.#cutting ? undefined : this.#text();
    this.#pieces = [];
    this.#held = 0;
    this.#cutting = false;
    if (line !== undefined) this.#options.onLine(line);
  }

  #text(): string {
    const [first] = this.#pieces;
    if (first === undefined) return '';
    const bytes = this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
    return bytes.toString('utf8');
  }
}

/**
 * Shortens a text that is longer than `maxLength`, at a blank if there is one: masking would not recognize a secret
 * that was cut in the middle.
 */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const beginning = text.slice(0, maxLength);
  const blank = beginning.search(/\s\S*$/);
  return `${beginning.slice(0, Math.max(blank, 0))} ... (cut)`.trimStart();
}
