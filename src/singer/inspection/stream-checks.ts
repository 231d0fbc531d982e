import { longNumber, parseExactJson } from '../../exact-json.js';
import { isMap } from '../../values.js';
import type { Findings } from './findings.js';
import { compareBookmarks } from './order.js';
import type { CompileSchema, RecordCheck } from './schema-checks.js';
import { type KeyMemory, SeenKeys } from './seen-keys.js';

/** Checks the records of one stream against its latest SCHEMA. */
export class StreamChecks {
  readonly keys: SeenKeys;
  readonly #stream: string;
  readonly #findings: Findings;
  readonly #compile: CompileSchema;
  #check: RecordCheck | undefined;
  #schemaText: string | undefined;
  #keyProperties: readonly string[] = [];
  #replicationKey: string | undefined;
  #highest: unknown;

  constructor(stream: string, findings: Findings, compile: CompileSchema, memory: KeyMemory) {
    this.#stream = stream;
    this.#findings = findings;
    this.#compile = compile;
    this.keys = new SeenKeys(memory);
  }

  takeSchema(message: Record<string, unknown>, text: string, line: number): void {
    if (text === this.#schemaText) return;
    this.#schemaText = text;
    this.#keyProperties = textsOf(message.key_properties);
    [this.#replicationKey] = textsOf(message.bookmark_properties);
    this.#check = undefined;
    try {
      if (!isMap(message.schema)) throw new Error('it is not a map');
      this.#check = this.#compile(message.schema);
    } catch (error) {
      const reason = error instanceof RangeError ? 'it is nested too deeply' : (error as Error).message;
      this.#findings.add('invalid_schema', line, { stream: this.#stream }, () => `the schema can't be used: ${reason}`);
    }
  }

  takeRecord(record: unknown, text: string, line: number): void {
    const stream = this.#stream;
    if (this.#schemaText === undefined) {
      this.#findings.add('record_before_schema', line, { stream }, () => 'record before the schema of its stream');
      return;
    }
    for (const { property, detail } of this.#check?.(record) ?? []) {
      this.#findings.add('schema_violation', line, { stream, property }, () => detail);
    }
    if (!isMap(record)) return;
    // Only then may a key have more digits than JSON.parse keeps.
    const exact = longNumber.test(text) ? recordOf(text) : record;
    this.#checkKey(exact, line);
    this.#checkOrder(exact, line);
  }

  #checkKey(record: Record<string, unknown>, line: number): void {
    const stream = this.#stream;
    const values: unknown[] = [];
    let isWhole = this.#keyProperties.length > 0;
    for (const property of this.#keyProperties) {
      const value = Object.hasOwn(record, property) ? record[property] : undefined;
      if (value === undefined) {
        this.#findings.add('missing_key', line, { stream, property }, () => 'key property is missing');
      } else if (value === null)
        this.#findings.add('null_key', line, { stream, property }, () => 'key property is null');
      if (value === undefined || value === null) isWhole = false;
      values.push(value);
    }
    if (!isWhole || !this.keys.has(keyOf(values))) return;
    this.#findings.add(
      'duplicate_key',
      line,
      { stream, property: this.#keyProperties.join(', ') },
      () => 'key appeared before',
    );
  }

  #checkOrder(record: Record<string, unknown>, line: number): void {
    const property = this.#replicationKey;
    const value = property === undefined || !Object.hasOwn(record, property) ? undefined : record[property];
    if (property === undefined || value === undefined || value === null) return;
    const order = this.#highest === undefined ? undefined : compareBookmarks(value, this.#highest);
    if (order === undefined || order >= 0) this.#highest = value;
    else {
      const before = this.#highest;
      const detail = () => `replication key ${shown(value)} follows ${shown(before)}`;
      this.#findings.add('unsorted_replication_key', line, { stream: this.#stream, property }, detail);
    }
  }
}

function recordOf(text: string): Record<string, unknown> {
  const { record } = parseExactJson(text) as { record: Record<string, unknown> };
  return record;
}

/** Numbers take less memory than texts; a text of digits is not the same key as a number. */
function keyOf(values: readonly unknown[]): string | number {
  const [first] = values;
  if (values.length === 1 && typeof first === 'number') return first;
  return values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : textOf(value))).join(',');
}

function textOf(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function shown(value: unknown): string {
  const text = String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
