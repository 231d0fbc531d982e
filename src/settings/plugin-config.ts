import { TaplineError } from '../errors.js';
import type { Plugin, SettingDefinition } from '../plugins/types.js';
import type { Project } from '../project/types.js';
import { setOwn } from '../values.js';
import { CastFailure, postProcess } from './cast.js';
import { expandValue, lookupIn } from './expand.js';
import { nest, nestSingerConfig } from './nested-keys.js';
import { projectVariables } from './project-scope.js';
import type { ResolvedSetting } from './types.js';

const singerTypes: ReadonlySet<string> = new Set(['extractors', 'loaders', 'mappers']);

/** Whether the plugin gets its settings as a JSON file, nested. */
export function isSinger(plugin: Plugin): boolean {
  return singerTypes.has(plugin.type);
}

/** Settings, not extras, post-processed, by dotted name; unset ones are null. */
export function flatConfig(settings: Iterable<ResolvedSetting>): Map<string, unknown> {
  const flat = new Map<string, unknown>();
  for (const { name, definition, value, extra } of settings) {
    if (!extra) flat.set(name, postProcessed(name, definition, value) ?? null);
  }
  return flat;
}

function postProcessed(name: string, definition: SettingDefinition, value: unknown): unknown {
  try {
    return postProcess(definition, value);
  } catch (error) {
    if (!(error instanceof CastFailure)) throw error;
    const processor = definition.value_post_processor ?? '';
    throw new TaplineError(
      'SETTING_CAST',
      `The setting '${name}' can't be processed by ${processor}: ${error.message}`,
      {
        hint: error.hint,
        data: { setting: name },
      },
    );
  }
}

/**
 * The nested object that the plugin's config file holds: no unset settings, no extras. Leaves of a map that is text by now,
 * from its post-processor or to hide it, are left out, since that text stands for them (there the original crashes).
 */
export function nestedConfig(settings: Iterable<ResolvedSetting>): Record<string, unknown> {
  const all = [...settings];
  const textPrefixes: string[] = [];
  const kept = new Map<string, unknown>();
  const flat = flatConfig(all);
  for (const { name, definition } of all) {
    if (!flat.has(name) || textPrefixes.some((prefix) => name.startsWith(prefix))) continue;
    const value = flat.get(name);
    kept.set(name, value);
    if (isMapOrText(definition) && typeof value === 'string') textPrefixes.push(`${name}.`);
  }
  return nestSingerConfig(kept);
}

function isMapOrText({ kind, value_post_processor: processor }: SettingDefinition): boolean {
  return kind === 'object' || processor === 'stringify';
}

/**
 * The config of one mapping of a mapper, whose keys replace the settings of the same name as a whole, as they are written:
 * maps of stream names, with dots and nulls in them that mean something to the mapper. Variables in it are those of the
 * project (as the original), never other plugins'.
 */
export function mappingConfig(
  project: Project,
  base: Readonly<Record<string, string>>,
  plugin: Plugin,
  processed: Record<string, unknown>,
): Record<string, unknown> {
  const variables = lookupIn(project.env, projectVariables(project), base, project.dotenv);
  const own = expandValue(plugin.config, variables, false) as Record<string, unknown>;
  const config = { ...processed };
  for (const [name, value] of Object.entries(own)) setOwn(config, name, value);
  return config;
}

/** Extras by name without `_`. Leaves of an extra that is a setting itself are part of its value already. */
export function nestedExtras(settings: Iterable<ResolvedSetting>): Record<string, unknown> {
  const extras = [...settings].filter(({ extra }) => extra);
  const roots = extras.map(({ name }) => `${name}.`);
  const own = extras.filter(({ name }) => !roots.some((root) => name.startsWith(root)));
  const flat = own.map(({ name, value }): [string, unknown] => [name.slice(1), value]);
  return nest(flat, { unescape: true, unset: 'leave out' });
}
