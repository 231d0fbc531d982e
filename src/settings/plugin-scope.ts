import type { Plugin } from '../plugins/types.js';
import type { Project } from '../project/types.js';
import { infoEnv, readNames, writeNames } from './env-names.js';
import { type EnvLevel, EnvStack } from './env-stack.js';
import { expandEnv, type Lookup, lookupIn } from './expand.js';
import { exportText } from './export-text.js';
import { defaultLayer, type Found, fileLayer, type Layer, namedLayer, variableLayer } from './layers.js';
import { flatten } from './nested-keys.js';
import { lazyOrigin, locateInDotenv } from './origins.js';
import { environmentLevel } from './project-scope.js';
import { SettingScope } from './setting-scope.js';
import type { StoredSettings } from './types.js';

/** What all plugins of a project share. */
export interface PluginScopeContext {
  project: Project;
  /** Process environment, project variables, top-level `env:` and the project's settings as variables. */
  base: EnvStack;
  strict: boolean;
  stored: StoredSettings | undefined;
}

export interface PluginScope {
  plugin: Plugin;
  /** Variables that its settings are read from and expanded with, `.env` aside. */
  variables: EnvStack;
  /** The same before the active environment's `env:` is added. */
  below: EnvStack;
  settings: SettingScope;
  /** Its settings, extras included, as the variables that its process sees. */
  asEnv(): Record<string, string>;
  /** Of the plugins that it inherits from, nearest first. */
  parent: PluginScope | undefined;
}

/**
 * The settings of one plugin. Layers and variables are those of Meltano 4.4.1, whose `env:` chain for settings differs from
 * the one for processes (process-env.ts): here only the environment's own `env:` is expanded, and it can't see `.env`.
 */
export function pluginScope(
  context: PluginScopeContext,
  plugin: Plugin,
  upstream: Readonly<Record<string, string>>,
  overrides: Readonly<Record<string, unknown>>,
): PluginScope {
  const { project, stored } = context;
  const parent = plugin.parent ? pluginScope(context, plugin.parent, upstream, {}) : undefined;
  const below = pluginVariables(context, plugin, upstream, parent);
  const variables = withEnvironment(context, plugin, below);
  const readFrom = (definition: Parameters<typeof readNames>[1]) => readNames(plugin, definition);
  const dotenv = {
    get: (name: string) => (Object.hasOwn(project.dotenv, name) ? project.dotenv[name] : undefined),
    locate: (name: string) => locateInDotenv(project, name),
  };
  const layers: Layer[] = [
    namedLayer('override', { get: (name) => (Object.hasOwn(overrides, name) ? overrides[name] : undefined) }),
    variableLayer('env', variables, readFrom),
    variableLayer('dotenv', dotenv, readFrom),
    ...environmentLayer(project, plugin),
    fileLayer('meltano_yml', flatConfig(plugin.config, plugin.extras), locator(plugin, 'config', 'extras')),
    namedLayer('db', { get: (name) => stored?.get(`${plugin.type}.${plugin.name}.default`)?.get(name) }),
    ...(parent ? [inheritedLayer(parent)] : []),
    defaultLayer,
  ];
  const forSettings = lookupIn(variables.merged, project.dotenv);
  let env: Record<string, string> | undefined;
  let forExtras: Lookup | undefined;
  const settings: SettingScope = new SettingScope({
    owner: `The ${plugin.singular} '${plugin.name}'`,
    definitions: plugin.settings,
    layers,
    lookup: (definition) => {
      if (!definition.name.startsWith('_')) return forSettings;
      // Extras also see the plugin's own settings, whatever else is called like them.
      forExtras ??= lookupIn(settingsAsEnv(plugin, settings, 'settings'), variables.merged, project.dotenv);
      return forExtras;
    },
    strict: () => context.strict,
  });
  return {
    plugin,
    variables,
    below,
    settings,
    parent,
    asEnv: () => {
      env ??= settingsAsEnv(plugin, settings, 'all');
      return env;
    },
  };
}

function pluginVariables(
  { base }: PluginScopeContext,
  plugin: Plugin,
  upstream: Readonly<Record<string, string>>,
  parent: PluginScope | undefined,
): EnvStack {
  const inherited: EnvLevel[] = parent
    ? [{ vars: parent.variables.merged, locate: (name) => parent.variables.locate(name) }]
    : [];
  const own: EnvLevel[] = [
    { vars: base.merged, locate: (name) => base.locate(name) },
    { vars: upstream },
    { vars: infoEnv(plugin) },
    { vars: plugin.env, locate: (name) => plugin.locate('env', name) },
  ];
  return new EnvStack([...inherited, ...own]);
}

/** The environment's `env:`, expanded with what is below it, then that of the plugin's entry in it, as written. */
function withEnvironment({ project, strict }: PluginScopeContext, plugin: Plugin, below: EnvStack): EnvStack {
  const { environment } = project;
  if (!environment) return below;
  const expanded = expandEnv(environment.env, (name) => below.get(name), strict);
  return below.with(environmentLevel(project, expanded), {
    vars: plugin.environmentEnv,
    locate: (name) => plugin.locate('environmentEnv', name),
  });
}

function environmentLayer(project: Project, plugin: Plugin): Layer[] {
  if (!project.environment) return [];
  const flat = flatConfig(plugin.environmentConfig, plugin.environmentExtras);
  return [fileLayer('environment', flat, locator(plugin, 'environmentConfig', 'environmentExtras'))];
}

function flatConfig(
  config: Readonly<Record<string, unknown>>,
  extras: Readonly<Record<string, unknown>>,
): Map<string, unknown> {
  return flatten({ ...config, ...asExtras(extras) });
}

/** Extras are settings whose name starts with `_`. */
function asExtras(extras: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extras).map(([name, value]) => [`_${name}`, value]));
}

type Area = Parameters<Plugin['locate']>[0];

function locator(plugin: Plugin, config: Area, extras: Area) {
  return (key: string) => (key.startsWith('_') ? plugin.locate(extras, key.slice(1)) : plugin.locate(config, key));
}

function inheritedLayer(parent: PluginScope): Layer {
  return ({ name }): Found | undefined => {
    const found = parent.settings.inheritable(name);
    if (!found) return undefined;
    const from = { plugin: parent.plugin.name, origin: found.origin };
    return { ...found, origin: lazyOrigin('inherited', () => found.origin.at, { inheritedFrom: from }) };
  };
}

function settingsAsEnv(plugin: Plugin, settings: SettingScope, which: 'all' | 'settings'): Record<string, string> {
  const env: Record<string, string> = {};
  for (const definition of settings.definitions) {
    if (which === 'settings' && definition.name.startsWith('_')) continue;
    const setting = settings.resolve(definition);
    if (setting.value === undefined || setting.value === null) continue;
    const text = exportText(setting);
    for (const name of writeNames(plugin, definition)) env[name] = text;
  }
  return env;
}
