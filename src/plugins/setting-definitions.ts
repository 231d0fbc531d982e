import { Decimal } from '../exact-number.js';
import { isMap } from '../values.js';
import { type SettingDefinition, type SettingKind, settingKinds } from './types.js';

const kinds: ReadonlySet<string> = new Set(settingKinds);

/** Definitions as a file has them, with what some kinds imply: password and oauth are sensitive, hidden is hidden. */
export function readSettings(list: unknown): SettingDefinition[] {
  return (Array.isArray(list) ? list : []).map((item: SettingDefinition) => {
    const { kind, ...rest } = item;
    const setting: SettingDefinition = { ...rest, name: String(item.name) };
    if (kind && kinds.has(kind)) setting.kind = kind;
    if (kind === 'password' || kind === 'oauth') setting.sensitive = true;
    if (kind === 'hidden') setting.hidden = true;
    return setting;
  });
}

/** New definitions replace known ones of their name, at the end of the list; as the original does. */
export function replaceByName(
  known: readonly SettingDefinition[],
  own: readonly SettingDefinition[],
): SettingDefinition[] {
  if (own.length === 0) return [...known];
  const names = new Set(own.map(({ name }) => name));
  return [...known.filter(({ name }) => !names.has(name)), ...own];
}

interface MissingOptions {
  /** Put before each key, `_` for extras. */
  prefix?: string | undefined;
  /** Take the value as the default: for what a definition says of its own extras. */
  asDefault?: boolean | undefined;
}

/**
 * Definitions for what a map holds and no definition names, one for each leaf (`opts.x`), its kind guessed from the value.
 * An empty map is a leaf.
 */
export function defineMissing(
  known: readonly SettingDefinition[],
  values: Readonly<Record<string, unknown>>,
  { prefix = '', asDefault = false }: MissingOptions = {},
): SettingDefinition[] {
  const leaves = [...flatten(values)].map((leaf) => ({ ...leaf, name: prefix + leaf.keys.join('.') }));
  if (leaves.length === 0) return [];
  const names = new Set(known.map(({ name }) => name));
  return leaves
    .filter(({ name }) => !names.has(name))
    .map(({ name, value }) => {
      const kind = guessKind(value);
      return { name, ...(kind ? { kind } : {}), ...(asDefault ? { value } : { custom: true }) };
    });
}

interface Leaf {
  keys: readonly string[];
  value: unknown;
}

function* flatten(values: Readonly<Record<string, unknown>>, above: readonly string[] = []): Generator<Leaf> {
  for (const [key, value] of Object.entries(values)) {
    const keys = [...above, key];
    if (isMap(value) && Object.keys(value).length > 0) yield* flatten(value, keys);
    else yield { keys, value };
  }
}

function guessKind(value: unknown): SettingKind | undefined {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'bigint') return 'integer';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'decimal';
  if (value instanceof Decimal) return 'decimal';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'object' && value !== null ? 'object' : undefined;
}
