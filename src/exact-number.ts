/**
 * Numbers that a JavaScript number would change. A whole number beyond 2^53 is a `bigint`; `2.0`, `1.10`, `1e3` and a
 * decimal with more digits than a double has are a `Decimal`. All others are numbers.
 */

/** A number with its digits. `Number(decimal)`, arithmetic and `JSON.stringify` see the number, `String(decimal)` the digits. */
export class Decimal {
  /** As JSON writes a number. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    Object.freeze(this);
  }

  valueOf(): number {
    return Number(this.text);
  }

  toString(): string {
    return this.text;
  }

  toJSON(): number | string {
    if (mark === undefined) return Number(this.text);
    wasMarked = true;
    return mark + this.text;
  }
}

/** What Decimals put before their digits instead of being numbers, while `withMarkedDecimals` writes. */
let mark: string | undefined;
let wasMarked = false;

/** Lets JSON.stringify, called by `write`, write each Decimal as a text: the mark and the digits. */
export function withMarkedDecimals<T extends { hasMarks: boolean }>(begin: string, write: () => T): T {
  mark = begin;
  wasMarked = false;
  try {
    const written = write();
    return wasMarked ? { ...written, hasMarks: true } : written;
  } finally {
    mark = undefined;
  }
}

/** The three kinds of numbers. */
export type ExactNumber = number | bigint | Decimal;

export function isNumber(value: unknown): value is ExactNumber {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal;
}

const wholeNumber = /^-?\d+$/;

/** A number as JSON writes it, as the simplest value that keeps its digits. */
export function exactNumber(text: string): ExactNumber {
  const value = Number(text);
  if (String(value) === text && (Number.isSafeInteger(value) || !Number.isInteger(value))) return value;
  return wholeNumber.test(text) && text !== '-0' ? BigInt(text) : new Decimal(text);
}

/** What YAML and Python allow and JSON does not (`.5`, `5.`, `+1.5`, `007.5`), completed: `0.5`, `5.0`, `1.5`, `7.5`. */
export function asJsonNumber(text: string): string {
  const [, sign = '', whole = '', fraction, power = ''] = /^([-+]?)(\d*)(?:\.(\d*))?(.*)$/.exec(text) ?? [];
  const tail = fraction === undefined ? '' : `.${fraction || '0'}`;
  return `${sign === '-' ? '-' : ''}${whole.replace(/^0+(?=\d)/, '') || '0'}${tail}${power}`;
}

/** A number of any of the three kinds as a JavaScript number, all other values as they are. */
export function plainNumber(value: unknown): unknown {
  return isNumber(value) ? Number(value) : value;
}

/** A value that holds others: a map or a list. */
export function isContainer(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Decimal);
}

/** A deep copy of maps, lists and scalars; `structuredClone` would make a map of a Decimal. */
export function copyValue<T>(value: T): T {
  return mapScalars(value, (scalar) => scalar) as T;
}

/** A deep copy whose numbers are JavaScript numbers: for what knows no others, as schemas and YAML's parser do. */
export function plainNumbers(value: unknown): unknown {
  return mapScalars(value, plainNumber);
}

/** `Object.fromEntries`, since assigning a key `__proto__` would set the prototype. */
function mapScalars(value: unknown, change: (scalar: unknown) => unknown): unknown {
  if (!isContainer(value)) return change(value);
  if (Array.isArray(value)) return value.map((item) => mapScalars(item, change));
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mapScalars(member, change)]));
}
