import type { JsonMap } from '../../singer/messages.js';

export type ColumnType = 'integer' | 'number' | 'boolean' | 'string';

const wholeNumber = /^-?(?:0|[1-9]\d{0,17})$/;
const number = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?$/;
const truth = /^(?:true|false)$/i;

/** Narrows a column's type to what its values so far allow; empty ones allow all. Zip codes with a leading 0 are strings. */
export class TypeGuess {
  #possible: ColumnType[] = ['boolean', 'integer', 'number'];
  #seen = false;

  see(value: string): void {
    if (value === '') return;
    this.#seen = true;
    if (this.#possible.length > 0) this.#possible = this.#possible.filter((type) => fits(type, value));
  }

  get type(): ColumnType {
    return this.#seen ? (this.#possible[0] ?? 'string') : 'string';
  }
}

function fits(type: ColumnType, value: string): boolean {
  if (type === 'boolean') return truth.test(value);
  if (type === 'integer') return wholeNumber.test(value);
  // More digits than a double holds stay text.
  return number.test(value) && value.replaceAll(/\D/g, '').length <= 15;
}

/** Turns a field's text into what the schema promises; undefined where it can't be. */
export type Convert = (text: string) => unknown;

/** For a property schema, which a `schema` rule may have written. Empty fields of typed columns are null. */
export function converterFor(schema: JsonMap): Convert {
  const types = Array.isArray(schema.type) ? (schema.type as unknown[]) : [schema.type];
  const allowsText = types.includes('string') || types.every((type) => type === undefined || type === 'null');
  if (allowsText) return schema.format === undefined ? (text) => text : (text) => (text === '' ? null : text);
  const converters = (['boolean', 'integer', 'number'] as const)
    .filter((type) => types.includes(type))
    .map((type) => ({ type, convert: fromText[type] }));
  return (text) => {
    const trimmed = text.trim();
    if (trimmed === '') return null;
    return converters.find(({ type }) => fits(type, trimmed))?.convert(trimmed);
  };
}

const fromText = {
  boolean: (text: string): boolean => text.toLowerCase() === 'true',
  integer: (text: string): number | bigint => (text.length > 15 ? BigInt(text) : Number(text)),
  number: (text: string): number => Number(text),
};
