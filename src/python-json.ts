/**
 * Text and JSON as Python prints them. The original is a Python program: what it exports to plugins and shows in lists
 * has this form, and taps and scripts compare it as text.
 */
import { Decimal } from './exact-number.js';

/** `json.dumps(value)`, with `indent` spaces a level where given. Numbers keep their digits. */
export function pythonJson(value: unknown, indent?: number): string {
  return writeJson(value, indent, 0);
}

/** `str(value)`: text unchanged, everything else as in a Python program (`True`, `None`, `['a', 1]`). */
export function pythonText(value: unknown): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

/** `repr(value)`, as lists of settings show values. */
export function pythonRepr(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'string') return reprText(value);
  if (typeof value === 'number') return pythonNumber(value);
  if (value instanceof Decimal) return /e/i.test(value.text) ? pythonFloat(Number(value)) : value.text;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  const members = Object.entries(value).map(([key, member]) => `${reprText(key)}: ${pythonRepr(member)}`);
  return `{${members.join(', ')}}`;
}

/** With Python's exponents. A whole number prints as an integer: 1.0 is a Decimal. */
function pythonNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return String(value);
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  // JavaScript takes an exponent from 1e-7 on only, and from 1e21: in between both print alike.
  return String(value);
}

/** Python's shortest form, which differs from JavaScript's in `.0` and in where the exponent starts. */
export function pythonFloat(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const [digits = '', power = '0'] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent >= 16 || exponent < -4) {
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  const text =
    exponent < 0 ? value.toFixed(Math.min(100, digits.replace(/[-.]/g, '').length - 1 - exponent)) : String(value);
  return text.includes('.') ? text : `${text}.0`;
}

function writeJson(value: unknown, indent: number | undefined, depth: number): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return jsonText(value);
  if (typeof value === 'number') return pythonNumber(value);
  if (typeof value !== 'object' || value instanceof Decimal) return String(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => writeJson(item, indent, depth + 1));
    return enclose('[', items, ']', indent, depth);
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => `${jsonText(key)}: ${writeJson(member, indent, depth + 1)}`);
  return enclose('{', members, '}', indent, depth);
}

function enclose(open: string, items: string[], close: string, indent: number | undefined, depth: number): string {
  if (items.length === 0) return open + close;
  if (indent === undefined) return open + items.join(', ') + close;
  const inner = `\n${' '.repeat(indent * (depth + 1))}`;
  return `${open}${inner}${items.join(`,${inner}`)}\n${' '.repeat(indent * depth)}${close}`;
}

/** Everything beyond printable ASCII escaped. */
function jsonText(text: string): string {
  const unicode = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, unicode);
}

/** Python prefers single quotes, and takes double ones for a text with only single ones in it. */
function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\'"\p{C}\p{Zl}\p{Zp}\u00a0]/gu, (char) =>
    char === '"' || char === "'" ? quoteInside(char, quote) : escaped(char),
  );
  return quote + body + quote;
}

function quoteInside(char: string, quote: string): string {
  return char === quote ? `\\${char}` : char;
}

const shortEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  const hex = (digits: number): string => code.toString(16).padStart(digits, '0');
  return shortEscapes[char] ?? (code <= 0xff ? `\\x${hex(2)}` : code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`);
}
