import { isNumber, plainNumber } from '../../singer/exact-json.js';
import { PluginError } from '../../singer/kit/plugin-process.js';
import { isMap, type JsonMap } from '../../singer/messages.js';

/** Throws PluginError for a value of another kind. Absent, null and empty are undefined. */
export function text(map: JsonMap, name: string, of = ''): string | undefined {
  const value = map[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') return value;
  if (isNumber(value)) return String(value);
  throw new PluginError(`The setting \`${name}\`${of} is not a string.`);
}

/** Seconds and factors: a number that is not negative. */
export function amount(map: JsonMap, name: string, byDefault: number): number {
  const value = plainNumber(map[name] ?? byDefault);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && number >= 0 && Number.isFinite(number)) return number;
  throw new PluginError(`The setting \`${name}\` is not a number of at least 0.`);
}

export function count(map: JsonMap, name: string, byDefault: number, least = 0): number {
  const number = amount(map, name, byDefault);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new PluginError(`The setting \`${name}\` is not a whole number of at least ${least}.`);
}

export function choice<T extends string>(map: JsonMap, name: string, choices: readonly T[], byDefault: T): T {
  const value = text(map, name) ?? byDefault;
  const found = choices.find((one) => one === value);
  if (found !== undefined) return found;
  throw new PluginError(`The setting \`${name}\` is not one of ${choices.join(', ')}.`);
}

/** A map of texts, such as headers. */
export function texts(map: JsonMap, name: string, of = ''): Record<string, string> {
  const value = map[name] ?? {};
  if (!isMap(value)) throw new PluginError(`The setting \`${name}\`${of} is not a map.`);
  return Object.fromEntries(
    Object.keys(value).flatMap((key) => {
      const one = text(value, key, ` in \`${name}\``);
      return one === undefined ? [] : [[key, one]];
    }),
  );
}

export function list(map: JsonMap, name: string, of = ''): string[] {
  const value = map[name] ?? [];
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new PluginError(`The setting \`${name}\`${of} is not a list of strings.`);
}
