import { TaplineError } from '../errors.js';
import { isMap, setOwn } from '../values.js';

/** A variable's value; undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

/**
 * An optional backslash, then `${word}` or `$NAME` (upper case only): the pattern of the original, so `$home`, `$1` and
 * `$$` are plain text.
 */
const reference = /(\\)?\$(?:\{([\p{L}\p{N}_]+)\}|([A-Z][A-Z0-9_]*))/gu;

/** Reads own properties only: `${constructor}` is not a variable. */
export function lookupIn(...maps: Readonly<Record<string, string | undefined>>[]): Lookup {
  return (name) => {
    for (const map of maps) if (Object.hasOwn(map, name) && map[name] !== undefined) return map[name];
    return undefined;
  };
}

/** The first of several that knows a variable. */
export function firstOf(...lookups: Lookup[]): Lookup {
  return (name) => {
    for (const lookup of lookups) {
      const value = lookup(name);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

/** Replaces references once, not what they bring in. An unset variable is nothing, in strict mode VARIABLE_UNSET. */
export function expandText(text: string, lookup: Lookup, strict: boolean): string {
  if (!text.includes('$')) return text;
  return text.replace(reference, (whole, backslash: string | undefined, braced?: string, bare?: string) => {
    if (backslash !== undefined) return whole.slice(1);
    const name = braced ?? bare ?? '';
    const value = lookup(name);
    if (value === undefined && strict) throw unsetVariable(name);
    return value ?? '';
  });
}

/** Replaces references to variables that are set; all others stay as they are written. */
export function expandKnown(text: string, lookup: Lookup): string {
  return text.replace(reference, (whole, backslash: string | undefined, braced?: string, bare?: string) =>
    backslash === undefined ? (lookup(braced ?? bare ?? '') ?? whole) : whole.slice(1),
  );
}

/** Texts anywhere inside arrays and maps; keys and all other values stay. Returns the same value where nothing changes. */
export function expandValue(value: unknown, lookup: Lookup, strict: boolean): unknown {
  if (typeof value === 'string') return expandText(value, lookup, strict);
  if (Array.isArray(value)) return value.map((item) => expandValue(item, lookup, strict));
  if (!isMap(value)) return value;
  const expanded: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) setOwn(expanded, key, expandValue(item, lookup, strict));
  return expanded;
}

/** The same for a map of variables. */
export function expandEnv(
  env: Readonly<Record<string, string>>,
  lookup: Lookup,
  strict: boolean,
): Record<string, string> {
  const expanded: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) expanded[name] = expandText(String(value), lookup, strict);
  return expanded;
}

function unsetVariable(name: string): TaplineError {
  return new TaplineError('VARIABLE_UNSET', `Environment variable '${name}' referenced but not set.`, {
    hint: `Set ${name} in the shell, in .env or in env: of meltano.yml, or turn ff.strict_env_var_mode off.`,
    data: { variable: name },
  });
}
