import { randomUUID } from 'node:crypto';
import { Decimal, exactNumber, meetsDecimal } from './exact-number.js';

/**
 * JSON whose numbers keep their digits (exact-number.ts): log positions, 64-bit keys, the `1.0` of a version and the
 * bounds of integer columns in catalogs are written back as they were read.
 * NaN and Infinity are read too, since Python programs write them.
 */

// Fifteen digits always fit. What looks like a number here may be part of a text, which only costs time.
const longNumber = /\d[\d.]{15}/;
const trailingZero = /\.\d*0\s*(?:[,}\]]|$)/;
const exponent = /\d[eE][-+]?\d+\s*(?:[,}\]]|$)/;
const minusZero = /-0\s*(?:[,}\]]|$)/;
const token = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|-?Infinity|NaN/g;

/** As `JSON.parse`. Throws SyntaxError. */
export function parseExactJson(text: string): unknown {
  if (!mayNeedCare(text)) return JSON.parse(text) as unknown;
  const mark = `${randomUUID()}:`;
  let marks = 0;
  const marked = text.replace(token, (found) => {
    if (found.startsWith('"') || typeof numberOf(found) === 'number') return isWord(found) ? hide(found) : found;
    return hide(found);
  });
  function hide(found: string): string {
    marks += 1;
    return `"${mark}${found}"`;
  }
  if (marks === 0) return JSON.parse(text) as unknown;
  return unhide(JSON.parse(marked) as unknown, mark);
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

/** In place, which takes a quarter of the time of a function given to JSON.parse. */
function unhide(value: unknown, mark: string): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? numberOf(value.slice(mark.length)) : value;
  if (typeof value !== 'object' || value === null) return value;
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const member = members[key];
    const changed = unhide(member, mark);
    if (changed !== member) setOwn(members, key, changed);
  }
  return value;
}

/** A key `__proto__` is a key like any other to JSON. */
function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') target[key] = value;
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

/** As `JSON.stringify`, for what `parseExactJson` gives; NaN and Infinity become null. */
export function exactJson(value: unknown, indent?: number): string {
  let text = '';
  try {
    const isPlain = !meetsDecimal(() => {
      text = JSON.stringify(value, null, indent);
    });
    if (isPlain) return text;
  } catch (error) {
    // A bigint is one of two things that it refuses; a circle is the other, and is refused again below.
    if (!(error instanceof TypeError)) throw error;
  }
  const mark = `${randomUUID()}:`;
  const marked = JSON.stringify(
    value,
    function (this: Record<string, unknown>, key: string, member: unknown) {
      // Of a Decimal, `member` is what its toJSON has made of it.
      const own = this[key];
      return typeof own === 'bigint' || own instanceof Decimal ? `${mark}${own}` : member;
    },
    indent,
  );
  return marked.replace(new RegExp(`"${mark}([^"]+)"`, 'g'), '$1');
}

function isWord(found: string): boolean {
  return found === 'NaN' || found.endsWith('Infinity');
}

function numberOf(text: string): number | bigint | Decimal {
  return isWord(text) ? Number(text) : exactNumber(text);
}
