import { defineMissing } from '../plugins/setting-definitions.js';
import type { Plugin, SettingDefinition } from '../plugins/types.js';
import type { Project } from '../project/types.js';
import { once } from '../values.js';
import { envName, infoEnv, type ReadName, readNames, writeNames, writePrefixes } from './env-names.js';
import { type EnvLevel, EnvStack, emptyEnv } from './env-stack.js';
import { expandEnv, firstOf, lookupIn } from './expand.js';
import { exportText } from './export-text.js';
import { defaultLayer, type Found, fileLayer, type Layer, namedLayer, variableLayer } from './layers.js';
import { flatten } from './nested-keys.js';
import { lazyOrigin, locateInDotenv } from './origins.js';
import { environmentLevel } from './project-scope.js';
import { secretFileLayer } from './secret-files.js';
import { SettingScope } from './setting-scope.js';
import type { StoredSettings } from './types.js';

/** What all plugins of a project share. */
export interface PluginScopeContext {
  project: Project;
  /** Process environment, project variables, top-level `env:` and the project's settings as variables. */
  base: EnvStack;
  /** Of a pipeline, a step or the words of a run: above all others. */
  extraEnv: Readonly<Record<string, string>>;
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
  const parent = plugin.parent ? pluginScope(context, plugin.parent, upstream, {}) : undefined;
  const below = pluginVariables(context, plugin, upstream, parent);
  const variables = withEnvironment(context, plugin, below);
  const forSettings = firstOf((name) => variables.get(name), lookupIn(context.project.dotenv));
  // Extras also see the plugin's own settings, whatever else is called like them.
  const forExtras = firstOf((name) => lookupIn(ownSettings())(name), forSettings);
  const settings: SettingScope = new SettingScope({
    owner: `The ${plugin.singular} '${plugin.name}'`,
    // What the command line sets, and no definition names, is a setting as it is in `config`.
    definitions: [...plugin.settings, ...defineMissing(plugin.settings, overrides)],
    layers: layersOf(context, plugin, variables, overrides, parent),
    lookup: ({ name }) => (name.startsWith('_') ? forExtras : forSettings),
    strict: () => context.strict,
  });
  const ownSettings = once(() => asVariables(plugin, settings, ({ name }) => !name.startsWith('_')));
  const extras = once(() => asVariables(plugin, settings, ({ name }) => name.startsWith('_')));
  const asEnv = once(() => Object.assign(emptyEnv(), ownSettings(), extras()));
  return { plugin, variables, below, settings, parent, asEnv };
}

function layersOf(
  { project, stored }: PluginScopeContext,
  plugin: Plugin,
  variables: EnvStack,
  overrides: Readonly<Record<string, unknown>>,
  parent: PluginScope | undefined,
): Layer[] {
  const fromFile = flatConfig(plugin.config, plugin.extras);
  const dotenv = new EnvStack([{ vars: project.dotenv, locate: (name) => locateInDotenv(project, name) }]);
  const secretFiles = (layer: 'env' | 'dotenv', stack: EnvStack): Layer =>
    secretFileLayer({
      layer,
      variables: stack,
      namesOf: namesIn(stack, plugin),
      definitions: plugin.settings,
      root: project.root,
    });
  return [
    namedLayer('override', { get: (name) => (Object.hasOwn(overrides, name) ? overrides[name] : undefined) }),
    variableLayer('env', variables, namesIn(variables, plugin)),
    secretFiles('env', variables),
    variableLayer('dotenv', dotenv, namesIn(dotenv, plugin)),
    secretFiles('dotenv', dotenv),
    ...environmentLayer(project, plugin),
    fileLayer('meltano_yml', fromFile, locator(plugin, 'config', 'extras')),
    namedLayer('db', { get: (name) => stored?.get(`${plugin.type}.${plugin.name}.default`)?.get(name) }),
    ...(parent ? [inheritedLayer(parent)] : []),
    defaultLayer,
  ];
}

/** The names that can be set at all: usually no variable has the plugin's prefix, and only `env_aliases` remain. */
function namesIn(variables: EnvStack, plugin: Plugin): (definition: SettingDefinition) => readonly ReadName[] {
  const prefixes = [envName(plugin.name, ''), envName(plugin.namespace, '')];
  const some = variables.levels.some(({ vars }) => {
    for (const name in vars) if (prefixes.some((prefix) => name.startsWith(prefix))) return true;
    return false;
  });
  return (definition) => (some || definition.env_aliases ? readNames(plugin, definition) : []);
}

function pluginVariables(
  { base, extraEnv }: PluginScopeContext,
  plugin: Plugin,
  upstream: Readonly<Record<string, string>>,
  parent: PluginScope | undefined,
): EnvStack {
  const own: EnvLevel[] = [
    { vars: upstream },
    { vars: infoEnv(plugin) },
    { vars: plugin.env, locate: (name) => plugin.locate('env', name) },
    { vars: extraEnv },
  ];
  return (parent ? parent.variables.with(...base.levels) : base).with(...own);
}

/** The environment's `env:`, expanded with what is below it, then that of the plugin's entry in it, as written. */
function withEnvironment({ project, extraEnv, strict }: PluginScopeContext, plugin: Plugin, below: EnvStack): EnvStack {
  const { environment } = project;
  if (!environment) return below;
  const expanded = expandEnv(environment.env, (name) => below.get(name), strict);
  const ofPlugin = { vars: plugin.environmentEnv, locate: (name: string) => plugin.locate('environmentEnv', name) };
  return below.with(environmentLevel(project, expanded), ofPlugin, { vars: extraEnv });
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

function asVariables(
  plugin: Plugin,
  settings: SettingScope,
  chosen: (definition: SettingDefinition) => boolean,
): Record<string, string> {
  const variables = emptyEnv();
  const prefixes = writePrefixes(plugin);
  for (const definition of settings.definitions.filter(chosen)) {
    const setting = settings.resolve(definition);
    if (setting.value === undefined || setting.value === null) continue;
    const text = exportText(setting);
    for (const name of writeNames(definition, prefixes)) variables[name] = text;
  }
  return variables;
}
