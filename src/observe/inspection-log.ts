import { exactJson } from '../exact-json.js';
import type { InspectionListener, InspectionReport } from '../singer/inspection/inspection.js';
import { inspectionJson, inspectionLines, messageLine } from './inspection-text.js';
import type { StderrWriter } from './stderr.js';

export type InspectionLevel = 'debug' | 'info' | 'none';

/** Lines are written together, since a call of the system a record would take longer than all else. */
const maxHeldLines = 500;

/** Tells on stderr of each message, as far as `level` wants it, and at the end of the whole. */
export class InspectionLog {
  readonly listener: InspectionListener;
  readonly #stderr: StderrWriter;
  #held: string[] = [];

  constructor(stderr: StderrWriter, level: InspectionLevel) {
    this.#stderr = stderr;
    const isDebug = level === 'debug';
    const isInfo = isDebug || level === 'info';
    this.listener = {
      onRecord: isDebug ? (stream, bytes) => this.#hold(messageLine.record(stream, bytes)) : undefined,
      onSchema: isInfo ? (stream, fields, keys) => this.#hold(messageLine.schema(stream, fields, keys)) : undefined,
      onState: isInfo ? (value) => this.#hold(messageLine.state(value)) : undefined,
    };
  }

  #flush(): void {
    if (this.#held.length > 0) this.#stderr.line(this.#held.join('\n'));
    this.#held = [];
  }

  report(report: InspectionReport, format: 'text' | 'json'): void {
    this.#flush();
    this.#stderr.line(format === 'json' ? exactJson(inspectionJson(report), 2) : inspectionLines(report).join('\n'));
  }

  #hold(line: string): void {
    // Written after the piece of input that it is from: a slow tap's messages are seen as they come.
    if (this.#held.length === 0) setImmediate(() => this.#flush());
    this.#held.push(line);
    if (this.#held.length >= maxHeldLines) this.#flush();
  }
}
