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

  toJSON(): number {
    wasWritten = true;
    return Number(this.text);
  }
}

/** Set by each Decimal that JSON.stringify has met, since it alone knows what it walks through. */
let wasWritten = false;

/** Whether `write`, which calls JSON.stringify, met a Decimal. */
export function meetsDecimal(write: () => void): boolean {
  wasWritten = false;
  write();
  return wasWritten;
}

const wholeNumber = /^-?\d+$/;

/** A number as JSON writes it, as the simplest value that keeps its digits. */
export function exactNumber(text: string): number | bigint | Decimal {
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
  return value instanceof Decimal || typeof value === 'bigint' ? Number(value) : value;
}

/** A deep copy of maps, lists and scalars; `structuredClone` would make a map of a Decimal. */
export function copyValue<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof Decimal) return value;
  if (Array.isArray(value)) return value.map(copyValue) as T;
  const copy: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    // Defined, since assigning a key `__proto__` would set the prototype.
    Object.defineProperty(copy, key, {
      value: copyValue(member as unknown),
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return copy as T;
}

/** The same for all numbers in maps and lists: for what knows JavaScript's numbers only, as schemas and YAML's parser do. */
export function plainNumbers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Decimal) return plainNumber(value);
  if (Array.isArray(value)) return value.map(plainNumbers);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainNumbers(member)]));
}
