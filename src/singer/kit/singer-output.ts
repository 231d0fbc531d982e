import { exactJson } from '../exact-json.js';
import type { JsonMap } from '../messages.js';

/** Lines are gathered up to this size before they are written. In characters. */
const gatherUpTo = 64 * 1024;

/**
 * Singer messages to a pipe. Whatever is returned as a promise must be awaited: it is the reader's pace. Records
 * return nothing as long as they only fill the buffer; a state is written at once, with all before it.
 */
export class SingerOutput {
  readonly #stream: NodeJS.WritableStream;
  #lines: string[] = [];
  #size = 0;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  schema(stream: string, schema: JsonMap, keyProperties: readonly string[], replicationKey?: string): Promise<void> {
    const bookmarks = replicationKey === undefined ? {} : { bookmark_properties: [replicationKey] };
    return this.line(exactJson({ type: 'SCHEMA', stream, schema, key_properties: keyProperties, ...bookmarks }));
  }

  /** `extracted` becomes `time_extracted`: when the source gave the record. */
  record(stream: string, record: JsonMap, extracted?: Date): Promise<void> | undefined {
    const time = extracted === undefined ? '' : `,"time_extracted":"${extracted.toISOString()}"`;
    const line = `{"type":"RECORD","stream":${JSON.stringify(stream)},"record":${exactJson(record)}${time}}\n`;
    this.#lines.push(line);
    this.#size += line.length;
    return this.#size < gatherUpTo ? undefined : this.flush();
  }

  state(value: JsonMap): Promise<void> {
    return this.line(exactJson({ type: 'STATE', value }));
  }

  async line(text: string): Promise<void> {
    this.#lines.push(`${text}\n`);
    await this.flush();
  }

  flush(): Promise<void> {
    if (this.#lines.length === 0) return Promise.resolve();
    const text = this.#lines.join('');
    this.#lines = [];
    this.#size = 0;
    return new Promise((resolve) => {
      // A broken pipe ends the process, see plugin-process.ts.
      this.#stream.write(text, () => resolve());
    });
  }
}
