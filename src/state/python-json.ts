/**
 * JSON as Python's `json` module writes and reads it by default, because the original keeps state that way:
 * `", "` and `": "` between things, everything outside printable ASCII escaped, `NaN` and `Infinity` allowed.
 * Whole numbers beyond what a JavaScript number holds (log positions, transaction IDs) are read as `bigint`
 * and written back digit by digit: a state must come out of the store as it went in.
 */
import { randomUUID } from 'node:crypto';
import { isMap } from './merge.js';

/** One line, as `json.dumps(value)`. Takes what `parseJson` gives. */
export function pythonJson(value: unknown): string {
  return write(value, ', ', ': ') ?? 'null';
}

/** Compact or indented JSON that also keeps `bigint`; for what is handed on to plugins and printed. */
export function exactJson(value: unknown, indent = 0): string {
  if (indent === 0) return write(value, ',', ':') ?? 'null';
  return writeIndented(value, ' '.repeat(indent), '\n');
}

// Fifteen digits always fit; a longer run of digits may stand in a string too, which costs time only.
const needsExactNumbers = /\d{16}|NaN|Infinity/;
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|-?Infinity|NaN/g;

/** As `JSON.parse`, without losing digits of long whole numbers. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  if (!needsExactNumbers.test(text)) return JSON.parse(text) as unknown;
  const mark = `${randomUUID()}:`;
  const marked = text.replace(token, (found) => (isPlainJson(found) ? found : `"${mark}${found}"`));
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? exactNumber(value.slice(mark.length)) : value,
  ) as unknown;
}

function isPlainJson(found: string): boolean {
  if (found.startsWith('"')) return true;
  if (/[NI]/.test(found)) return false;
  return !/^-?\d+$/.test(found) || Number.isSafeInteger(Number(found));
}

function exactNumber(text: string): unknown {
  return /^-?\d+$/.test(text) ? BigInt(text) : Number(text);
}

function write(value: unknown, comma: string, colon: string): string | undefined {
  if (Array.isArray(value)) return `[${value.map((item) => write(item, comma, colon) ?? 'null').join(comma)}]`;
  const plain = isMap(value) ? toPlain(value) : value;
  if (!isMap(plain)) return writeScalar(plain, comma === ', ');
  const entries: string[] = [];
  for (const [key, item] of Object.entries(plain)) {
    const text = write(item, comma, colon);
    if (text !== undefined) entries.push(`${quote(key, comma === ', ')}${colon}${text}`);
  }
  return `{${entries.join(comma)}}`;
}

function writeIndented(value: unknown, step: string, newline: string): string {
  const inner = newline + step;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[${value.map((item) => inner + writeIndented(item, step, inner)).join(',')}${newline}]`;
  }
  const plain = isMap(value) ? toPlain(value) : value;
  if (!isMap(plain)) return writeScalar(plain, false) ?? 'null';
  const entries = Object.entries(plain).filter(
    ([, item]) => writeScalar(item, false) !== undefined || typeof item === 'object',
  );
  if (entries.length === 0) return '{}';
  return `{${entries.map(([key, item]) => `${inner}${quote(key, false)}: ${writeIndented(item, step, inner)}`).join(',')}${newline}}`;
}

function toPlain(value: Record<string, unknown>): unknown {
  const { toJSON } = value;
  return typeof toJSON === 'function' ? (toJSON.call(value) as unknown) : value;
}

function writeScalar(value: unknown, ascii: boolean): string | undefined {
  switch (typeof value) {
    case 'string':
      return quote(value, ascii);
    case 'number':
      return Number.isFinite(value) ? JSON.stringify(value) : String(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      return value === null ? 'null' : undefined;
  }
}

function quote(text: string, ascii: boolean): string {
  const quoted = JSON.stringify(text);
  return ascii
    ? quoted.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    : quoted;
}
