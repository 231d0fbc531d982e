import type { Plugin, SettingDefinition, SettingKind } from '../plugins/types.js';
import { flatten, isMap } from './nested-keys.js';

/**
 * A plugin's definitions, and one for each value in its `config`, its extras and those of the active environment that none
 * names: flattened, so that each leaf of a nested map has its own, its kind guessed from the value.
 */
export function allDefinitions(plugin: Plugin): SettingDefinition[] {
  const definitions = [...plugin.settings];
  const names = new Set(definitions.map(({ name }) => name));
  const add = (values: Iterable<readonly [string, unknown]>): void => {
    for (const [name, value] of values) {
      if (names.has(name)) continue;
      names.add(name);
      definitions.push({ name, kind: guessKind(value), custom: true });
    }
  };
  add(flatten(plugin.config));
  add(flatten(asExtras(plugin.extras)));
  add(flatten({ ...plugin.environmentConfig, ...asExtras(plugin.environmentExtras) }));
  return definitions;
}

/** Extras are settings whose name starts with `_`. */
export function asExtras(extras: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extras).map(([name, value]) => [`_${name}`, value]));
}

function guessKind(value: unknown): SettingKind | undefined {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'decimal';
  if (Array.isArray(value)) return 'array';
  return isMap(value) ? 'object' : undefined;
}
