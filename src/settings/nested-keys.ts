import { TaplineError } from '../errors.js';
import { copyValue } from '../exact-number.js';
import { isMap, setOwn } from '../values.js';

/** Backslash before a dot: the dot is part of the name, not a step down. */
const unescapedDot = /(?<!\\)\./;

type Values = Record<string, unknown>;

/** Nested maps as one level with dotted keys. Empty maps stay values; keys are joined as they are. */
export function flatten(values: Readonly<Values>): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  const walk = (level: Readonly<Values>, prefix: string): void => {
    for (const [key, value] of Object.entries(level)) {
      const path = prefix === '' ? key : `${prefix}.${key}`;
      if (isMap(value) && Object.keys(value).length > 0) walk(value, path);
      else flat.set(path, value);
    }
  };
  walk(values, '');
  return flat;
}

export interface NestOptions {
  /** Turn `\.` into `.` in the keys. */
  unescape: boolean;
  /** What an unset value becomes: left out, or an empty map as the original prints project settings. */
  unset: 'leave out' | 'empty map';
}

/**
 * Dotted keys as nested maps. Of a value and a leaf that name the same place the first in order wins, as in the original;
 * where a leaf would have to go into a text or a list (there a crash), SETTING_CONFLICT.
 */
export function nest(flat: Iterable<readonly [string, unknown]>, options: NestOptions): Values {
  const root: Values = {};
  for (const [key, value] of flat) {
    const unset = value === null || value === undefined;
    if (unset && options.unset === 'leave out') continue;
    const path = key.split(unescapedDot).map((part) => (options.unescape ? part.replaceAll('\\.', '.') : part));
    const leaf = path.pop() ?? key;
    const parent = descend(root, path, key);
    if (!Object.hasOwn(parent, leaf)) {
      // A copy, so that writing into a nested map never changes what a file or a definition holds.
      setOwn(parent, leaf, unset ? {} : copyValue(value));
    }
  }
  return root;
}

function descend(root: Values, path: readonly string[], key: string): Values {
  let level = root;
  for (const part of path) {
    if (!Object.hasOwn(level, part)) setOwn(level, part, {});
    const next = level[part];
    if (!isMap(next)) {
      const whole = path.slice(0, path.indexOf(part) + 1).join('.');
      throw new TaplineError('SETTING_CONFLICT', `Both "${whole}" and "${key}" are set, but "${whole}" is not a map.`, {
        hint: `Set either "${whole}" or what is below it, not both.`,
      });
    }
    level = next;
  }
  return level;
}

/**
 * The config of a Singer plugin from its flat settings: unset ones left out, nested at dots, what is still dotted then
 * dropped (it stands nested beside it), escaped dots made plain.
 */
export function nestSingerConfig(flat: Iterable<readonly [string, unknown]>): Values {
  return withoutDottedKeys(nest(flat, { unescape: false, unset: 'leave out' }));
}

function withoutDottedKeys(values: Values): Values {
  const kept: Values = {};
  for (const [key, value] of Object.entries(values)) {
    if (unescapedDot.test(key)) continue;
    setOwn(kept, key.replaceAll('\\.', '.'), isMap(value) ? withoutDottedKeys(value) : value);
  }
  return kept;
}
