import { randomUUID } from 'node:crypto';

/**
 * JSON whose long whole numbers survive: log positions, 64-bit keys and the bounds of integer columns in
 * catalogs do not fit a JavaScript number. They are read as `bigint` and written back digit by digit.
 * NaN and Infinity are read too, since Python programs write them.
 */

// Fifteen digits always fit. A longer run of digits may be part of a text, which only costs time.
const longNumber = /\d{16}/;
const token = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|-?Infinity|NaN/g;
const wholeNumber = /^-?\d+$/;

/** As `JSON.parse`. Throws SyntaxError. */
export function parseExactJson(text: string): unknown {
  if (!mayNeedCare(text)) return JSON.parse(text) as unknown;
  const mark = `${randomUUID()}:`;
  let marks = 0;
  const marked = text.replace(token, (found) => {
    if (isPlain(found)) return found;
    marks += 1;
    return `"${mark}${found}"`;
  });
  if (marks === 0) return JSON.parse(text) as unknown;
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? numberOf(value.slice(mark.length)) : value,
  ) as unknown;
}

/** One after the other: as one pattern they would be looked for at each character. */
function mayNeedCare(text: string): boolean {
  return longNumber.test(text) || text.includes('NaN') || text.includes('Infinity');
}

/** As `JSON.stringify`, for what `parseExactJson` gives; NaN and Infinity become null. */
export function exactJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, null, indent);
  } catch (error) {
    // A bigint is one of two things that it refuses; a circle is the other, and is refused again below.
    if (!(error instanceof TypeError)) throw error;
  }
  const mark = `${randomUUID()}:`;
  const marked = JSON.stringify(
    value,
    (_key, member: unknown) => (typeof member === 'bigint' ? `${mark}${member}` : member),
    indent,
  );
  return marked.replace(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1');
}

function isPlain(found: string): boolean {
  if (found.startsWith('"')) return true;
  return wholeNumber.test(found) ? Number.isSafeInteger(Number(found)) : !/[NI]/.test(found);
}

function numberOf(text: string): number | bigint {
  return wholeNumber.test(text) ? BigInt(text) : Number(text);
}
