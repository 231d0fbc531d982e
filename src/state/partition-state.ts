import { TaplineError } from '../errors.js';

/** How far one partition of a stream is loaded, and since when that is known. */
export interface PartitionState<Value = unknown> {
  stream: string;
  partition: string;
  /** A bookmark: any JSON value. */
  value: Value;
  /** ISO 8601, UTC, milliseconds. */
  updated_at: string;
  /** 1 at first; one higher with each later value. */
  version: number;
}

/**
 * The first state of one partition of a stream. Reads only the clock, and stores nothing. Throws STATE_INVALID for an empty name, and
 * for a value that JSON can't hold.
 *
 *     createPartitionState('orders', 'region=eu', { updated_at: '2023-01-08' })
 */
export function createPartitionState<Value>(stream: string, partitionKey: string, value: Value): PartitionState<Value> {
  checkName(stream, 'stream');
  checkName(partitionKey, 'partition');
  checkValue(value, 'value', new Set());
  return { stream, partition: partitionKey, value, updated_at: new Date().toISOString(), version: 1 };
}

function checkName(name: unknown, what: string): void {
  if (typeof name === 'string' && name.trim() !== '') return;
  throw invalid(`The ${what} of a partition's state must be a non-empty text.`);
}

function checkValue(value: unknown, path: string, above: ReadonlySet<unknown>): void {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (typeof value !== 'object' || above.has(value) || !isPlain(value)) {
    throw invalid(`The ${path} of a partition's state can't be stored as JSON.`);
  }
  const inner = new Set(above).add(value);
  for (const [key, each] of Object.entries(value)) checkValue(each, `${path}.${key}`, inner);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}

function invalid(message: string): TaplineError {
  return new TaplineError('STATE_INVALID', message, {
    hint: "A bookmark is JSON: texts, finite numbers, true, false, null, arrays and maps of them; `createPartitionState('orders', 'region=eu', null)`.",
  });
}
