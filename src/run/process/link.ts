import { Socket, type SocketConstructorOpts, type TcpSocketConnectOpts } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { LineScanner, type LineScannerOptions, type UnfinishedLine } from '../../singer/line-scanner.js';
import { gatherBelow, gatherSmallWrites } from './gather.js';

export interface LinkOptions {
  /** The output of the process before: our end of a FIFO, or a stream. */
  source: number | Readable;
  /** The input of the process after. */
  sink: number | Writable;
  scanner: Pick<LineScannerOptions, 'onMessage' | 'onTooLong'>;
  /** Called with each piece as it is read; its memory is used again after the call. */
  onChunk?: ((chunk: Buffer) => void) | undefined;
  /** Called if the source ends inside a line: whether its process has ended well. */
  acceptLast(): Promise<boolean>;
  /** Called after each piece with odd lines. If it returns false, the piece is not passed on. */
  onOddLines(link: Link): boolean;
  /** The process after stopped reading although there is more data for it. */
  onSinkGone(): void;
}

/** How a link ended: everything was delivered, or it was cut. */
export type LinkEnd = 'delivered' | 'cut';

/** The largest read, and the size of a pipe. In bytes. */
const readSize = 64 * 1024;
/** Room before each read for the beginning of a line left from the previous read. In bytes. */
const headroom = 16 * 1024;
const newline = 10;

/**
 * Carries one process's output to the next one's input, in whole lines and with their bytes untouched:
 *
 *   reading --the sink is full--> blocked --the sink took all--> reading
 *      |--end of source--> ending --all written--> delivered
 *      '--sink gone, or cut() by the chain--> cut
 */
export class Link {
  readonly scanner: LineScanner;
  /** Settles when no more data moves. Never rejects. */
  readonly ended: Promise<LinkEnd>;
  end: LinkEnd | undefined;
  /** Bytes read and bytes handed over; growth of either counts as life, see `stall_timeout`. */
  bytesRead = 0;
  bytesWritten = 0;
  unfinished: UnfinishedLine | undefined;
  /** Whether the process after closed its input while there was more data for it. */
  sinkGone = false;
  sourceEnded = false;

  readonly #options: LinkOptions;
  readonly #source: Readable;
  readonly #sink: Writable;
  readonly #settle: (end: LinkEnd) => void;
  readonly #onWritten: (error?: Error | null) => void;
  #writeFailed = false;
  /** Whether the data read so far ends with a line end. */
  #wholeLines = true;
  /** The buffer for reads, see `headroom`; a source that is a stream has its own memory. */
  #memory: Buffer | undefined;
  #blockedSince: number | undefined;
  #waitedForSink = 0;
  #waitedForSource = 0;
  #idleSince = performance.now();
  #previousRead = 0;
  #smallRead = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.scanner = new LineScanner(options.scanner);
    let settle: (end: LinkEnd) => void = () => {};
    this.ended = new Promise((resolve) => {
      settle = resolve;
    });
    this.#settle = settle;
    this.#onWritten = (error) => {
      if (error) this.#writeFailed = true;
      else this.#written();
    };
    this.#sink = typeof options.sink === 'number' ? sinkOf(options.sink) : options.sink;
    this.#sink.on('error', () => this.#loseSink());
    this.#source = typeof options.source === 'number' ? this.#read(options.source) : options.source;
    if (typeof options.source !== 'number') options.source.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#source.on('error', () => this.#endSource());
    this.#source.once('end', () => this.#endSource());
    this.#source.resume();
  }

  /** Whether this link waits for the process after. */
  get blocked(): boolean {
    return this.#blockedSince !== undefined;
  }

  /** Milliseconds since the start that the link spent waiting for either side. */
  waited(now: number): { forSource: number; forSink: number } {
    const blocked = this.#blockedSince === undefined ? 0 : now - this.#blockedSince;
    const idle = this.blocked || this.sourceEnded || this.end !== undefined ? 0 : now - this.#idleSince;
    return { forSource: this.#waitedForSource + idle, forSink: this.#waitedForSink + blocked };
  }

  /** Stops at once: the process before meets a closed pipe, the one after the end of its input. */
  cut(): void {
    this.#finish('cut');
  }

  /** Treats the source as ended although a left-over process still holds it open. */
  endSource(): void {
    this.#endSource();
  }

  #read(fd: number): Socket {
    const memory = Buffer.allocUnsafeSlow(headroom + readSize);
    const buffer = memory.subarray(headroom);
    this.#memory = memory;
    const onRead = (bytes: number) => {
      this.#take(buffer.subarray(0, bytes));
      return !this.blocked;
    };
    // The type of a socket's options lacks `onread`, which is documented for connections only.
    const options: SocketConstructorOpts & Pick<TcpSocketConnectOpts, 'onread'> = {
      fd,
      readable: true,
      writable: false,
      onread: { buffer, callback: onRead },
    };
    return new Socket(options);
  }

  #take(chunk: Buffer): void {
    if (this.end !== undefined) return;
    const now = performance.now();
    this.#waitedForSource += now - this.#idleSince;
    this.bytesRead += chunk.length;
    this.#options.onChunk?.(chunk);
    const oddBefore = this.scanner.totals.oddLines;
    const forward = this.#scan(chunk);
    const odd = this.scanner.totals.oddLines > oddBefore;
    if (odd && !this.#options.onOddLines(this)) return;
    this.#write(forward);
    this.#idleSince = performance.now();
    this.#gather(chunk.length);
  }

  /** The chunk's memory is reused for the next read, so the part that the scanner keeps is copied first. */
  #scan(chunk: Buffer): Buffer[] {
    const passing = !this.#wholeLines && this.scanner.heldBytes === 0;
    const lineEnd = chunk[chunk.length - 1] === newline ? chunk.length : chunk.lastIndexOf(newline) + 1;
    this.#wholeLines = lineEnd === chunk.length;
    // Nothing is kept of a long line that is being passed on.
    if (this.#wholeLines || (passing && lineEnd === 0)) return this.scanner.push(chunk);
    const forward = lineEnd === 0 ? [] : this.scanner.push(chunk.subarray(0, lineEnd));
    return forward.concat(this.scanner.push(Buffer.from(chunk.subarray(lineEnd))));
  }

  /** A single small read means nothing: a fast writer may just have started. */
  #gather(bytes: number): void {
    const small = bytes < gatherBelow && !this.blocked;
    if (small && this.#smallRead) this.#idleSince = gatherSmallWrites(this.#idleSince, this.#previousRead);
    this.#smallRead = small;
    this.#previousRead = this.#idleSince;
  }

  /** Copies the beginning of a line in front of its end, so that one write is enough. */
  #joined(slices: Buffer[]): Buffer[] {
    const [first, second] = slices;
    const memory = this.#memory;
    if (first === undefined || second === undefined || slices.length > 2 || memory === undefined) return slices;
    const follows = second.buffer === memory.buffer && second.byteOffset === memory.byteOffset + headroom;
    if (!follows || first.length > headroom) return slices;
    first.copy(memory, headroom - first.length);
    return [memory.subarray(headroom - first.length, headroom + second.length)];
  }

  #write(pieces: Buffer[]): void {
    const sink = this.#sink;
    if (pieces.length === 0 || this.end !== undefined) return;
    const slices = this.#joined(pieces);
    if (slices.length > 1) sink.cork();
    for (const slice of slices) {
      this.bytesWritten += slice.length;
      sink.write(slice, this.#onWritten);
    }
    if (slices.length > 1) sink.uncork();
    // Most writes go straight into the pipe; the rest waits until the next process reads, and so do we.
    if (sink.writableLength === 0 || this.blocked) return;
    this.#blockedSince = performance.now();
    this.#source.pause();
  }

  #written(): void {
    if (this.#blockedSince === undefined || this.#sink.writableLength > 0) return;
    const now = performance.now();
    this.#waitedForSink += now - this.#blockedSince;
    this.#blockedSince = undefined;
    this.#idleSince = now;
    if (!this.sourceEnded) this.#source.resume();
  }

  #endSource(): void {
    if (this.sourceEnded || this.end !== undefined) return;
    this.sourceEnded = true;
    this.#waitedForSource += this.blocked ? 0 : performance.now() - this.#idleSince;
    if (this.#wholeLines) this.#endSink();
    else void this.#options.acceptLast().then((accept) => this.#endLastLine(accept));
  }

  #endLastLine(acceptLast: boolean): void {
    const { forward, unfinished } = this.scanner.end({ acceptLast });
    this.unfinished = unfinished;
    this.#write(forward);
    this.#endSink();
  }

  #endSink(): void {
    if (this.end !== undefined) return;
    this.#sink.once('finish', () => this.#finish('delivered'));
    this.#sink.end();
  }

  #loseSink(): void {
    if (this.end !== undefined || this.sinkGone) return;
    // Everything was handed over already: the process after may close its input before we do.
    if (this.sourceEnded && !this.#writeFailed) {
      this.#finish('delivered');
      return;
    }
    this.sinkGone = true;
    this.#source.pause();
    this.#options.onSinkGone();
  }

  #finish(end: LinkEnd): void {
    if (this.end !== undefined) return;
    const { forSource, forSink } = this.waited(performance.now());
    this.#waitedForSource = forSource;
    this.#waitedForSink = forSink;
    this.#blockedSince = undefined;
    this.end = end;
    this.#source.destroy();
    this.#sink.destroy();
    this.#settle(end);
  }
}

function sinkOf(fd: number): Socket {
  return new Socket({ fd, readable: false, writable: true });
}
