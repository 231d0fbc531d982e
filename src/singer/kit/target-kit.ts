import { isMap } from '../../values.js';
import { exactJson, parseExactJson } from '../exact-json.js';
import { Lines } from '../lines.js';
import { type JsonMap, parseControlMessage, type SchemaMessage } from '../messages.js';
import { PluginError, parsePluginArguments, readJsonMap, runPluginProcess } from './plugin-process.js';

/** What a bundled target does with each message. All of it is synchronous: the pipe waits meanwhile. */
export interface Target {
  schema(message: SchemaMessage): void;
  /** `size` is the line's length in characters. The line's own facts, such as `time_extracted`, are in `line`. */
  record(stream: string, record: JsonMap, size: number, line: JsonMap): void;
  /** Makes all records so far durable. */
  flush(): void;
  /** Whether records wait for `flush`. */
  readonly waiting: boolean;
  close(): void;
}

/** A state waits for its records to be written at most this long. In milliseconds. */
const flushAfter = 1000;

/** Runs a target as the program that it is. `open` gets the config; a state is printed when all before it is durable. */
export function runTarget(name: string, open: (config: JsonMap) => Target): Promise<void> {
  return runPluginProcess(name, async (stop) => {
    const target = open(readJsonMap(parsePluginArguments(process.argv.slice(2)).config, 'config file'));
    const states = new States(target);
    const messages = new Messages(target, states);
    const timer = setInterval(() => states.flushIfDue(), flushAfter);
    timer.unref();
    try {
      await readLines(stop, (line) => messages.read(line));
      states.flush();
    } finally {
      clearInterval(timer);
      target.close();
    }
  });
}

/** Prints the newest state after its records. */
class States {
  readonly #target: Target;
  #waiting: unknown;
  #flushedAt = performance.now();
  #first = true;

  constructor(target: Target) {
    this.#target = target;
  }

  /** The first state is printed at once, so that a short run that fails has one. */
  take(value: unknown): void {
    this.#waiting = value;
    if (this.#first || !this.#target.waiting) this.flush();
    else this.flushIfDue();
  }

  flushIfDue(): void {
    if (this.#waiting !== undefined && performance.now() - this.#flushedAt >= flushAfter) this.flush();
  }

  flush(): void {
    this.#target.flush();
    this.#flushedAt = performance.now();
    this.print();
  }

  /** The target has just written all that it was given, so all before the state is durable. */
  print(): void {
    if (this.#waiting === undefined) return;
    this.#first = false;
    process.stdout.write(`${exactJson(this.#waiting)}\n`);
    this.#waiting = undefined;
  }
}

class Messages {
  readonly #target: Target;
  readonly #states: States;
  readonly #schemas = new Set<string>();
  #number = 0;

  constructor(target: Target, states: States) {
    this.#target = target;
    this.#states = states;
  }

  read(text: string): void {
    this.#number += 1;
    if (text.trim() === '') return;
    let line: unknown;
    try {
      line = parseExactJson(text);
    } catch {
      throw new PluginError(`Line ${this.#number} of the input is not valid JSON.`);
    }
    if (!isMap(line)) throw new PluginError(`Line ${this.#number} of the input is not a Singer message.`);
    if (line.type === 'RECORD') this.#record(line, text.length);
    else this.#control(line, text);
  }

  #record(line: JsonMap, size: number): void {
    const { stream, record } = line;
    if (typeof stream !== 'string' || !isMap(record)) {
      throw new PluginError(`Line ${this.#number} of the input is a RECORD without "stream" or "record".`);
    }
    if (!this.#schemas.has(stream)) {
      throw new PluginError(
        `Line ${this.#number} of the input is a RECORD of ${stream}, but no SCHEMA came before it.`,
      );
    }
    this.#target.record(stream, record, size, line);
    if (!this.#target.waiting) this.#states.print();
  }

  #control(line: JsonMap, text: string): void {
    const parsed = parseControlMessage(text);
    if (!parsed.ok) throw new PluginError(`Line ${this.#number} of the input is ${parsed.reason}.`);
    const { message } = parsed;
    if (message.type === 'SCHEMA') {
      this.#schemas.add(message.stream);
      this.#target.schema(message);
    } else if (message.type === 'STATE') this.#states.take(message.value);
    else if (message.type === 'BATCH') {
      throw new PluginError(
        `BATCH messages (here for ${String(line.stream)}) are not supported; turn batches off in the tap.`,
      );
    }
  }
}

/** Whole lines of stdin, in order, until its end or the signal. An unfinished last line counts where it is JSON. */
async function readLines(stop: AbortSignal, onLine: (line: string) => void): Promise<void> {
  const lines = new Lines({ onLine: (line) => onLine(line.toString('utf8')) }, Infinity);
  stop.addEventListener('abort', () => process.stdin.destroy());
  for await (const chunk of inputUntil(stop)) lines.feed(chunk);
  if (!stop.aborted) lines.finish();
}

async function* inputUntil(stop: AbortSignal): AsyncGenerator<Buffer> {
  try {
    yield* process.stdin as AsyncIterable<Buffer>;
  } catch (error) {
    // A destroyed stream ends before its end, which is what was asked for.
    if (!stop.aborted) throw error;
  }
}
