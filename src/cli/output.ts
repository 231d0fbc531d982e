/** The only writer of stdout. Data goes there, everything else to stderr. */
import { TaplineError } from '../errors.js';
import { exactJson } from '../exact-json.js';

export interface Output {
  /** Text and a line's end. */
  line(text: string): void;
  /** Text as it is. */
  text(text: string): void;
  /** A JSON value, indented by two as the original prints it, or on one line. */
  json(value: unknown, layout?: 'indented' | 'compact'): void;
  /** Bytes as they are. Resolves when there is room for more, with false once the reader is gone. */
  bytes(chunk: Buffer): Promise<boolean>;
  /** Resolves when all output has left the process, or the reader is gone. */
  flush(): Promise<void>;
  /** Whether a person looks at it: colours and tables fit their terminal. */
  readonly isTTY: boolean;
  readonly columns: number;
}

/** A reader that went away (`| head`) ends the writing in silence: the data was his. */
export function createOutput(stream: NodeJS.WriteStream = process.stdout): Output {
  let isOpen = true;
  let failure: TaplineError | undefined;
  const fail = (error: NodeJS.ErrnoException): void => {
    isOpen = false;
    if (error.code !== 'EPIPE') failure = outputFailed(error);
  };
  stream.on('error', fail);
  const text = (content: string): void => {
    if (!isOpen) return;
    try {
      stream.write(content);
    } catch (error) {
      // A file is written at once, and then its error is thrown.
      fail(error as NodeJS.ErrnoException);
    }
  };
  return {
    text,
    line: (content) => text(`${content}\n`),
    json: (value, layout = 'indented') => text(`${exactJson(value, layout === 'indented' ? 2 : undefined)}\n`),
    async bytes(chunk) {
      if (!isOpen) return false;
      if (!stream.write(chunk)) await roomIn(stream);
      return isOpen;
    },
    async flush() {
      if (isOpen) await new Promise<void>((resolve) => stream.write('', () => resolve()));
      if (failure !== undefined) throw failure;
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns || 80;
    },
  };
}

function roomIn(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    const events = ['drain', 'close', 'error'];
    for (const event of events) stream.on(event, done);
  });
}

function outputFailed(error: NodeJS.ErrnoException): TaplineError {
  const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  const message = isFull ? 'No space left for the output.' : `The output can't be written (${error.code}).`;
  return new TaplineError(isFull ? 'DISK_FULL' : 'OUTPUT_FAILED', message, {
    cause: error,
    hint: 'What was written so far is not complete.',
  });
}
