import { asJsonNumber, type Decimal, exactNumber } from '../exact-number.js';
import { pythonFloat } from '../python-json.js';

/**
 * What a plain (unquoted) YAML scalar means to Meltano 4.4.1, which reads YAML 1.2 with ruamel: `yes` and `12:30` are
 * text, `017` is 17, `1_000` is 1000, dates become ISO text.
 */
export type ScalarValue = string | number | bigint | Decimal | boolean | null;

const integer = /^[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9_]+)$/;
const float = /^(?:[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|[-+]?\.[0-9_]+(?:[eE][-+][0-9]+)?)$/;
const notFinite = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const date = /^\d{4}-\d{2}-\d{2}$/;
const timestamp =
  /^(\d{4})-(\d{1,2})-(\d{1,2})([Tt]|[ \t]+)(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d*))?(?:[ \t]*(Z|[-+]\d{1,2}(?::\d{2})?))?$/;

const words = new Map<string, boolean | null>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);

export function readPlainScalar(source: string): ScalarValue {
  const word = words.get(source);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(source)) return source;
  if (integer.test(source)) return readInteger(source) ?? source;
  if (float.test(source)) return readFloat(source) ?? source;
  return readTimestamp(source) ?? source;
}

/**
 * With its digits: `2.0` and `1.10` are not 2 and 1.1. JSON has no infinity, so what is too big for a double stays text.
 */
function readFloat(source: string): number | Decimal | undefined {
  const text = source.replaceAll('_', '');
  if (!Number.isFinite(Number(text))) return undefined;
  return exactNumber(asJsonNumber(text)) as number | Decimal;
}

/** True for a number that JSON can't hold: infinite, or not a number. */
export function isUnholdable(source: string): boolean {
  if (notFinite.test(source)) return true;
  return !integer.test(source) && float.test(source) && readFloat(source) === undefined;
}

/** Beyond 2^53 a `bigint`, so that no digit of an account number is lost. */
function readInteger(source: string): number | bigint | undefined {
  const digits = withoutSign(source);
  const sign = source.startsWith('-') ? '-' : '';
  const value = Number(digits);
  if (digits === '' || Number.isNaN(value)) return undefined;
  if (Number.isSafeInteger(value)) return sign === '-' && value !== 0 ? -value : value;
  return sign === '-' ? -BigInt(digits) : BigInt(digits);
}

function withoutSign(source: string): string {
  return source.replace(/^[-+]/, '').replaceAll('_', '');
}

/**
 * Bare dates and times end up as ISO text. A time written with `T` or an offset loses both its offset and its fraction,
 * as it does on its way through the original; one written with a blank keeps them.
 */
function readTimestamp(source: string): string | undefined {
  if (date.test(source)) return isDate(source) ? source : undefined;
  const match = timestamp.exec(source);
  if (!match) return undefined;
  const [
    ,
    year = '',
    month = '',
    day = '',
    separator = '',
    hour = '',
    minute = '',
    second = '',
    fraction = '',
    zone = '',
  ] = match;
  const dayText = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (!isDate(dayText) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const text = `${dayText}T${hour.padStart(2, '0')}:${minute}:${second}`;
  if (separator.toLowerCase() === 't' || /^[-+]/.test(zone)) return text;
  const micros = fraction.slice(0, 6).padEnd(6, '0');
  return `${text}${Number(micros) === 0 ? '' : `.${micros}`}${zone === 'Z' ? '+00:00' : ''}`;
}

function isDate(text: string): boolean {
  const value = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(value.getTime()) && value.toISOString().startsWith(text) && !text.startsWith('0000');
}

/** A scalar as Python's `str()` has it, for `env:` maps: `true` is "True", `2.0` is "2.0", `1e3` is "1000.0". */
export function pythonText(source: string): string {
  const value = readPlainScalar(source);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (notFinite.test(source)) return source.toLowerCase().replace('.', '').replace('+', '');
  if (value === null) return '';
  if (typeof value === 'string') return asPythonTime(source, value);
  return integer.test(source) ? String(value) : pythonFloat(Number(value));
}

/** A time that was written with a blank is one without the `T`. */
function asPythonTime(source: string, value: string): string {
  return /^\d{4}-\d{1,2}-\d{1,2}[ \t]/.test(source) && value !== source ? value.replace('T', ' ') : value;
}
