import { Decimal, isNumber } from '../../singer/exact-json.js';
import { isMap, type JsonMap } from '../../singer/messages.js';

const dateTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/;

/** A JSON schema that all these values fit. Each may be null, since others that come later may. */
function inferSchema(values: readonly unknown[]): JsonMap {
  const present = values.filter((value) => value !== null && value !== undefined);
  const types = new Set(present.map(typeOf));
  // Whole numbers are numbers too.
  if (types.has('number')) types.delete('integer');
  // Nothing is known of it, so it may be anything that a text can hold.
  if (types.size === 0) return { type: ['null', 'string'] };
  const schema: JsonMap = { type: ['null', ...[...types].sort()] };
  if (types.has('object')) schema.properties = inferProperties(present.filter(isMap));
  if (types.has('array')) schema.items = inferSchema(present.filter(Array.isArray).flat());
  if (types.size === 1 && present.every((value) => typeof value === 'string' && dateTime.test(value))) {
    schema.format = 'date-time';
  }
  return schema;
}

/** By name, in the order in which they come up. */
export function inferProperties(records: readonly JsonMap[]): JsonMap {
  const values = new Map<string, unknown[]>();
  for (const record of records) {
    for (const [name, value] of Object.entries(record)) {
      const seen = values.get(name);
      if (seen === undefined) values.set(name, [value]);
      else seen.push(value);
    }
  }
  return Object.fromEntries([...values].map(([name, seen]) => [name, inferSchema(seen)]));
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (value instanceof Decimal) return 'number';
  if (isNumber(value)) return Number.isInteger(Number(value)) ? 'integer' : 'number';
  return typeof value;
}
