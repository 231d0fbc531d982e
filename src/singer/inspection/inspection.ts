import { parseExactJson } from '../../exact-json.js';
import { isMap } from '../../values.js';
import { defaultScannerLimits, otherStreams } from '../line-scanner.js';
import { Lines } from '../lines.js';
import { type Finding, Findings } from './findings.js';
import { memberBytes } from './member-bytes.js';
import type { CompileSchema } from './schema-checks.js';
import { KeyMemory } from './seen-keys.js';
import { StateProgress } from './state-progress.js';
import { StreamChecks } from './stream-checks.js';

/** Longer lines (in bytes) are only counted; streams over this number are counted together. */
const { message: maxLineBytes, streams: maxStreams } = defaultScannerLimits;
/** Message types over this number are counted together. */
const maxTypes = 100;

/** Told of each message as it passes; texts of schemas and states are as they stand in the line. */
export interface InspectionListener {
  onRecord?: ((stream: string, bytes: number) => void) | undefined;
  onSchema?: ((stream: string, fields: readonly string[], keyProperties: readonly string[]) => void) | undefined;
  onState?: ((value: unknown) => void) | undefined;
}

export interface InspectionOptions {
  /** Without it messages are only counted. */
  compile?: CompileSchema | undefined;
  /** Keys that are compared exactly, a stream. */
  maxKeys?: number | undefined;
  listener?: InspectionListener | undefined;
}

export interface StreamReport {
  stream: string;
  records: number;
  /** Of the records as they stand in their lines. */
  bytes: number;
  minBytes: number;
  meanBytes: number;
  maxBytes: number;
  /** Present if the search for duplicate keys stopped: the number of keys that it compared. */
  keysComparedUntil?: number | undefined;
}

export interface InspectionReport {
  lines: number;
  bytes: number;
  /** Messages by type, sorted by type. */
  messages: Record<string, number>;
  streams: StreamReport[];
  /** False if messages were only counted; lines that are not JSON are findings nevertheless. */
  checked: boolean;
  findings: Finding[];
  /** All findings, also those that are not listed. */
  findingsTotal: number;
  unlistedFindings: number;
}

interface StreamSizes {
  records: number;
  bytes: number;
  min: number;
  max: number;
  checks: StreamChecks | undefined;
}

/**
 * Looks into the messages of a Singer byte stream. Memory is bounded: by one line, the number of streams, kinds of findings
 * and bookmarks, and the keys that are compared.
 */
export class Inspection {
  readonly #lines = new Lines(
    {
      onLine: (line, bytes) => this.#take(line, bytes),
      onTooLong: (bytes) => this.#tooLong(bytes),
    },
    maxLineBytes,
  );
  readonly #findings = new Findings();
  readonly #states = new StateProgress(this.#findings);
  readonly #streams = new Map<string, StreamSizes>();
  readonly #types = new Map<string, number>();
  readonly #options: InspectionOptions;
  readonly #memory: KeyMemory;
  #line = 0;
  #bytes = 0;

  constructor(options: InspectionOptions = {}) {
    this.#options = options;
    this.#memory = new KeyMemory(options.maxKeys ?? 1_000_000);
  }

  feed(chunk: Buffer): void {
    this.#lines.feed(chunk);
  }

  finish(): InspectionReport {
    this.#lines.finish();
    return {
      lines: this.#line,
      bytes: this.#bytes,
      messages: Object.fromEntries([...this.#types].sort(([a], [b]) => (a < b ? -1 : 1))),
      streams: [...this.#streams].map(([stream, sizes]) => reportOf(stream, sizes)),
      checked: this.#options.compile !== undefined,
      findings: this.#findings.list(),
      findingsTotal: this.#findings.total,
      unlistedFindings: this.#findings.unkept,
    };
  }

  #tooLong(bytes: number): void {
    this.#line += 1;
    this.#bytes += bytes;
    this.#findings.add('line_too_long', this.#line, {}, () => `line of ${bytes} bytes, too long to look into`);
  }

  #take(line: Buffer, bytes: number): void {
    this.#line += 1;
    this.#bytes += bytes;
    const text = line.toString('utf8');
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      if (text.trim() !== '') this.#findings.add('not_json', this.#line, {}, () => 'line is not JSON');
      return;
    }
    if (!isMap(message)) {
      this.#findings.add('not_json', this.#line, {}, () => 'line is not a JSON object');
      return;
    }
    this.#takeMessage(message, text, line);
  }

  #takeMessage(message: Record<string, unknown>, text: string, line: Buffer): void {
    const type = typeof message.type === 'string' ? message.type : '(no type)';
    this.#count(type);
    const stream = typeof message.stream === 'string' ? message.stream : undefined;
    const needsStream = type === 'RECORD' || type === 'SCHEMA' || type === 'ACTIVATE_VERSION' || type === 'BATCH';
    const isKnown = needsStream ? stream !== undefined : type === 'STATE';
    if (!isKnown && this.#options.compile !== undefined) {
      const detail = () => (needsStream ? `${type} without a stream` : `unknown message type ${shownType(type)}`);
      this.#findings.add('unknown_message', this.#line, { property: shownType(type) }, detail);
    }
    if (type === 'STATE') this.#takeState(text);
    else if (stream === undefined) return;
    else if (type === 'RECORD') this.#takeRecord(stream, message.record, text, line);
    else if (type === 'SCHEMA') this.#takeSchema(stream, message, text);
    else if (type === 'ACTIVATE_VERSION') this.#streams.get(stream)?.checks?.keys.forget();
  }

  #takeState(text: string): void {
    // Again, with all digits: log positions are longer than a JavaScript number.
    const { value } = parseExactJson(text) as { value: unknown };
    if (this.#options.compile !== undefined) this.#states.take(value, this.#line);
    this.#options.listener?.onState?.(value);
  }

  #takeSchema(stream: string, message: Record<string, unknown>, text: string): void {
    this.#sizesOf(stream).checks?.takeSchema(message, text, this.#line);
    const { onSchema } = this.#options.listener ?? {};
    if (onSchema === undefined) return;
    const properties = isMap(message.schema) && isMap(message.schema.properties) ? message.schema.properties : {};
    const keys = Array.isArray(message.key_properties) ? message.key_properties.map(String) : [];
    onSchema(stream, Object.keys(properties), keys);
  }

  #takeRecord(stream: string, record: unknown, text: string, line: Buffer): void {
    const sizes = this.#sizesOf(stream);
    if (!isMap(record) && sizes.checks !== undefined) {
      this.#findings.add('unknown_message', this.#line, { stream }, () => 'RECORD without a record');
    }
    const bytes = memberBytes(line, 'record');
    sizes.records += 1;
    sizes.bytes += bytes;
    if (bytes < sizes.min) sizes.min = bytes;
    if (bytes > sizes.max) sizes.max = bytes;
    sizes.checks?.takeRecord(record, text, this.#line);
    this.#options.listener?.onRecord?.(stream, bytes);
  }

  #sizesOf(name: string): StreamSizes {
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const isOther = this.#streams.size >= maxStreams;
    if (isOther && name !== otherStreams) return this.#sizesOf(otherStreams);
    const { compile } = this.#options;
    const checks =
      compile === undefined || isOther ? undefined : new StreamChecks(name, this.#findings, compile, this.#memory);
    const sizes = { records: 0, bytes: 0, min: Number.POSITIVE_INFINITY, max: 0, checks };
    this.#streams.set(name, sizes);
    return sizes;
  }

  #count(type: string): void {
    const key = this.#types.has(type) || this.#types.size < maxTypes ? shownType(type) : '(other types)';
    this.#types.set(key, (this.#types.get(key) ?? 0) + 1);
  }
}

function shownType(type: string): string {
  return type.length > 40 ? `${type.slice(0, 37)}...` : type;
}

function reportOf(stream: string, { records, bytes, min, max, checks }: StreamSizes): StreamReport {
  return {
    stream,
    records,
    bytes,
    minBytes: records === 0 ? 0 : min,
    meanBytes: records === 0 ? 0 : Math.round(bytes / records),
    maxBytes: max,
    ...(checks?.keys.hasStopped ? { keysComparedUntil: checks.keys.compared } : {}),
  };
}
