import { randomUUID } from 'node:crypto';
import { type ExactNumber, exactNumber, withMarkedDecimals } from './exact-number.js';
import { setOwn } from './values.js';

/**
 * JSON whose numbers keep their digits (exact-number.ts): log positions, 64-bit keys, the `1.0` of a version and the
 * bounds of integer columns in catalogs are written back as they were read.
 * NaN and Infinity are read too, since Python programs write them.
 *
 * A number that needs care is read, and written, as a text that begins with a mark. The mark is random: no text of
 * others can begin with it.
 */

const mark = `${randomUUID()}:`;
const markedNumber = new RegExp(`"${mark}([^"]+)"`, 'g');

// Fifteen digits always fit. What looks like a number here may be part of a text, which only costs time.
export const longNumber = /\d[\d.]{15}/;
const trailingZero = /\.\d*0\s*(?:[,}\]]|$)/;
const exponent = /\d[eE][-+]?\d+\s*(?:[,}\]]|$)/;
const minusZero = /-0\s*(?:[,}\]]|$)/;

/** Where a value may begin, a number that may need care, and where a value may end. It finds them in texts too. */
const careful =
  /(^\s*|[:[,]\s*)(-?(?:Infinity|(?:0|[1-9]\d*)(?:(?:\.\d+)?[eE][-+]?\d+|\.\d*0)|(?=[\d.]{16})(?:0|[1-9]\d*)(?:\.\d+)?)|-0|NaN)(?=\s*(?:[,}\]]|$))/g;
/** Texts, and numbers that are not keys. */
const token = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|-?Infinity|NaN)(?!\s*:)/g;

/** As `JSON.parse`. Throws SyntaxError. */
export function parseExactJson(text: string): unknown {
  if (!mayNeedCare(text)) return JSON.parse(text) as unknown;
  return unhide(parseMarked(text));
}

/** One after the other: as one pattern they would be looked for at each character. */
function mayNeedCare(text: string): boolean {
  return (
    longNumber.test(text) ||
    trailingZero.test(text) ||
    exponent.test(text) ||
    minusZero.test(text) ||
    text.includes('NaN') ||
    text.includes('Infinity')
  );
}

function parseMarked(text: string): unknown {
  try {
    return JSON.parse(text.replace(careful, `$1"${mark}$2"`)) as unknown;
  } catch {
    // What is not JSON; or a mark was set inside a text, which ends the text before the mark.
    return JSON.parse(text.replace(token, (found) => (found.startsWith('"') ? found : `"${mark}${found}"`))) as unknown;
  }
}

/** In place, which takes a quarter of the time of a function given to JSON.parse. */
function unhide(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? numberOf(value.slice(mark.length)) : value;
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const member = members[key];
    const changed = unhide(member);
    if (changed !== member) setOwn(members, key, changed);
  }
  return value;
}

function numberOf(text: string): ExactNumber {
  return text === 'NaN' || text.endsWith('Infinity') ? Number(text) : exactNumber(text);
}

/** As `JSON.stringify`, for what `parseExactJson` gives; NaN and Infinity become null. */
export function exactJson(value: unknown, indent?: number): string {
  const { text, hasMarks } = withMarkedDecimals(mark, () => stringify(value, indent));
  return hasMarks ? text.replace(markedNumber, '$1') : text;
}

/** `hasMarks` where a bigint was written; Decimals mark themselves. */
function stringify(value: unknown, indent: number | undefined): { text: string; hasMarks: boolean } {
  try {
    return { text: JSON.stringify(value, null, indent), hasMarks: false };
  } catch (error) {
    // A bigint is one of two things that it refuses; a circle is the other, and is refused again below.
    if (!(error instanceof TypeError)) throw error;
  }
  const marked = (_key: string, member: unknown) => (typeof member === 'bigint' ? `${mark}${member}` : member);
  return { text: JSON.stringify(value, marked, indent), hasMarks: true };
}
