import { Decimal, exactJson } from '../../singer/exact-json.js';
import type { JsonMap } from '../../singer/messages.js';
import { isMap } from '../../singer/messages.js';

/** How a column keeps its values. `any` has no type of its own: each value keeps its own. */
export type ColumnKind = 'integer' | 'real' | 'boolean' | 'text' | 'json' | 'any';

export const declaredTypes: Readonly<Record<ColumnKind, string>> = {
  integer: 'INTEGER',
  real: 'REAL',
  boolean: 'BOOLEAN',
  text: 'TEXT',
  json: 'JSON_TEXT',
  any: '',
};

/** The kind for a property's schema: `anyOf` and lists of types may leave no other choice than `any`. */
export function kindOf(schema: unknown): ColumnKind {
  const types = new Set(typesOf(schema));
  types.delete('null');
  if (types.size === 0) return 'any';
  const kinds = new Set([...types].map((type) => kindOfType(type)));
  if (kinds.size === 1) return [...kinds][0] as ColumnKind;
  if (kinds.size === 2 && kinds.has('integer') && kinds.has('real')) return 'real';
  return 'any';
}

function typesOf(schema: unknown): string[] {
  if (!isMap(schema)) return [];
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.map(String);
  for (const key of ['anyOf', 'oneOf']) {
    const choices = schema[key];
    if (Array.isArray(choices)) return choices.flatMap(typesOf);
  }
  return [];
}

function kindOfType(type: string): ColumnKind {
  switch (type) {
    case 'integer':
      return 'integer';
    case 'number':
      return 'real';
    case 'boolean':
      return 'boolean';
    case 'string':
      return 'text';
    default:
      return 'json';
  }
}

/** The kind of a column that a table has already, by SQLite's own rules for declared types. */
export function kindOfDeclared(declared: string): ColumnKind {
  const type = declared.toUpperCase();
  if (type === 'JSON_TEXT' || type === 'JSON') return 'json';
  if (type.includes('INT')) return 'integer';
  // Dates stand as text in columns of every declared type.
  if (/CHAR|CLOB|TEXT|DATE|TIME/.test(type)) return 'text';
  if (type === '' || type.includes('BLOB')) return 'any';
  return type.includes('BOOL') ? 'boolean' : 'real';
}

const numeric: ReadonlySet<ColumnKind> = new Set(['integer', 'real', 'boolean']);

/** Whether values of `wanted` come out of a column of `existing` as they went in: `007` would be 7 in a column of numbers. */
export function canKeep(existing: ColumnKind, wanted: ColumnKind): boolean {
  return !numeric.has(existing) || numeric.has(wanted);
}

export type SqliteValue = string | number | bigint | null;

/** A value as the driver binds it. It binds each number as a double, which a text column would show as `5.0`. */
export function bind(value: unknown, kind: ColumnKind): SqliteValue {
  if (value === null || value === undefined) return null;
  if (value instanceof Decimal && kind !== 'json' && kind !== 'text') return Number(value);
  if (typeof value === 'object') return exactJson(value as JsonMap);
  if (kind === 'json') return exactJson(value);
  if (kind === 'text') return String(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'bigint') return fitsSqlite(value) ? value : String(value);
  if (typeof value === 'number' && kind !== 'real' && Number.isSafeInteger(value)) return BigInt(value);
  return value as string | number;
}

const limit = 2n ** 63n;

function fitsSqlite(value: bigint): boolean {
  return value < limit && value >= -limit;
}
