import type { Plugin, SettingDefinition } from '../plugins/types.js';
import type { PluginType } from '../project/types.js';

/** The verb in the names of the variables that a plugin of each type exports its settings under, as the original forms it. */
const verbs: Readonly<Record<PluginType, string>> = {
  extractors: 'extract',
  loaders: 'load',
  transforms: 'transform',
  orchestrators: 'orchestrat',
  transformers: 'transform',
  files: 'fi',
  utilities: 'utilize',
  mappers: 'map',
};

/** `tap-x` and `_select` are `TAP_X__SELECT`: upper case, all but letters and digits as `_`. */
export function envName(prefix: string, name: string): string {
  return prefix === '' ? plain(name) : `${plain(prefix)}_${plain(name)}`;
}

/** Whether a run makes a variable of this name for one of these plugins: MELTANO_EXTRACT__X, TAP_X_Y. */
export function isMadeByRun(name: string, plugins: readonly Plugin[]): boolean {
  return name.startsWith('MELTANO_') || plugins.some((plugin) => name.startsWith(`${plain(plugin.name)}_`));
}

function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, '_').toUpperCase();
}

/** One variable that a setting is read from. */
export interface ReadName {
  name: string;
  /** `!NAME` in env_aliases: the opposite of what the variable says. */
  negated: boolean;
}

/**
 * Variables that set a plugin's setting: by name and namespace, then by its aliases; `env_aliases` only where the plugin
 * does not inherit. `env` is written, never read.
 */
export function readNames(plugin: Plugin, definition: SettingDefinition): ReadName[] {
  const prefixes = plugin.namespace === '' ? [plugin.name] : [plugin.name, plugin.namespace];
  return namesFor(prefixes, definition, !inherits(plugin));
}

/** The same for a setting of the project itself: `MELTANO_` and its name. */
export function projectReadNames(definition: SettingDefinition): ReadName[] {
  return namesFor(['meltano'], definition, true);
}

function namesFor(prefixes: string[], definition: SettingDefinition, withEnvAliases: boolean): ReadName[] {
  const names = new Map<string, ReadName>();
  const add = (name: string, negated: boolean): void => {
    if (!names.has(name)) names.set(name, { name, negated });
  };
  for (const spelling of [definition.name, ...(definition.aliases ?? [])]) {
    for (const prefix of prefixes) add(envName(prefix, spelling), false);
  }
  for (const alias of withEnvAliases ? (definition.env_aliases ?? []) : []) {
    if (alias.startsWith('!')) add(alias.slice(1), true);
    else add(alias, false);
  }
  return [...names.values()];
}

/** Variables that a plugin's process sees a setting in; `prefixes` as `writePrefixes` gives them. */
export function writeNames(definition: SettingDefinition, prefixes: readonly string[]): string[] {
  const name = plain(definition.name);
  const names = prefixes.map((prefix) => `${prefix}_${name}`);
  const aliases = (definition.env_aliases ?? []).filter((alias) => !alias.startsWith('!'));
  if (definition.env) names.unshift(definition.env);
  return aliases.length === 0 && !definition.env ? names : [...new Set([...names, ...aliases])];
}

/** Own name and namespace, those of all it inherits from, and the verb of its type: `TAP_X`, `MELTANO_EXTRACT`. */
export function writePrefixes(plugin: Plugin): string[] {
  const definition = inherits(plugin) ? [plugin.inheritFrom ?? '', plugin.definitionNamespace] : [];
  const inherited = plugin.parent ? writePrefixes(plugin.parent) : definition;
  const prefixes = [plugin.name, plugin.namespace, ...inherited, `meltano_${verbs[plugin.type]}`];
  return [...new Set(prefixes.filter((prefix) => prefix !== '').map(plain))];
}

/** `MELTANO_EXTRACTOR_NAME`, `_NAMESPACE` and `_VARIANT`. */
export function infoEnv(plugin: Plugin): Record<string, string> {
  const prefix = `meltano_${plugin.singular}`;
  return {
    [envName(prefix, 'name')]: plugin.name,
    [envName(prefix, 'namespace')]: plugin.namespace,
    [envName(prefix, 'variant')]: plugin.variant ?? 'default',
  };
}

function inherits(plugin: Plugin): boolean {
  return plugin.inheritFrom !== undefined && plugin.inheritFrom !== plugin.name;
}
