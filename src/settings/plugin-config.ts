import type { Plugin } from '../plugins/types.js';
import type { Project } from '../project/types.js';
import { postProcess } from './cast.js';
import { expandValue, lookupIn } from './expand.js';
import { nest, nestSingerConfig, setOwn } from './nested-keys.js';
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
    if (!extra) flat.set(name, postProcess(definition, value) ?? null);
  }
  return flat;
}

/**
 * The nested object that the plugin's config file holds: no unset settings, no extras. Leaves of a map that its
 * post-processor makes text of are left out, since that text has them (there the original crashes).
 */
export function nestedConfig(settings: Iterable<ResolvedSetting>): Record<string, unknown> {
  const all = [...settings];
  const texts = all
    .filter(({ definition }) => definition.value_post_processor === 'stringify')
    .map(({ name }) => `${name}.`);
  return nestSingerConfig([...flatConfig(all)].filter(([name]) => !texts.some((prefix) => name.startsWith(prefix))));
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
