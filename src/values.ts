/** Small questions about values of any kind, asked all over the program and answered once. */
import { Decimal } from './exact-number.js';

/** A value of an object in JSON or YAML, as opposed to a list, a text or null. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal);
}

/** Sets a key of a map; `__proto__` is a key like any other. */
export function setOwn(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') map[key] = value;
  else Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
}

/** A scalar as text; undefined for null and undefined. */
export function textOf(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

/** The same, and undefined for an empty text. */
export function filledText(value: unknown): string | undefined {
  return value === '' ? undefined : textOf(value);
}

/** Without the keys whose value is undefined. */
export function definedOnly<T extends object>(values: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** Makes a value when it is first asked for, then keeps it. */
export function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
