import { LockFiles } from '../plugins/lock-files.js';
import type { Plugin, Plugins } from '../plugins/types.js';
import { type PluginEntry, type PluginType, type Project, pluginTypes } from '../project/types.js';
import { expandKnown, lookupIn } from '../settings/expand.js';
import { nest } from '../settings/nested-keys.js';
import { printableEnv, printableProjectEnv } from '../settings/redact.js';
import type { SettingsResolver } from '../settings/types.js';
import { isMap, setOwn } from '../values.js';
import { hideConfig, hideSecrets } from './hide-secrets.js';

type Values = Record<string, unknown>;
type Env = Record<string, string>;

export interface ManifestParts {
  /** Read for the environment that the manifest is for, or for none. */
  project: Project;
  plugins: Plugins;
  settings: SettingsResolver;
  /** Hide the values of sensitive settings. */
  safe: boolean;
}

const hidden = '(redacted)';

/**
 * A whole project for one environment as one map, as Meltano 4.4.1 compiles it: files merged, definitions and the environment
 * merged into the plugins, variables of all settings in `env`. Values in `config` stay as they are written, `$VAR` included.
 */
export function compileManifest(parts: ManifestParts): Values {
  const { project, settings, safe } = parts;
  const { environment } = project;
  const own = Object.entries(project.settings).filter(([, value]) => value !== undefined);
  const annotations = mergeValues(project.annotations, environment?.annotations ?? {});
  const manifest: Values = {
    ...nest(own, { unescape: false, unset: 'leave out' }),
    ...project.written,
    ...(project.requiresMeltano === undefined ? {} : { requires_meltano: project.requiresMeltano }),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    env: projectEnv(parts),
    plugins: Object.fromEntries(pluginTypes.map((type) => [type, pluginsOf(type, parts)])),
    schedules: project.schedules.map((schedule) => ({ ...schedule })),
    ...(project.jobs.length === 0 ? {} : { jobs: project.jobs.map(jobEntry) }),
  };
  if (!safe) return manifest;
  const secrets = [
    ...settings.projectSecrets(),
    ...parts.plugins.list().flatMap((plugin) => settings.plugin(plugin).secrets),
  ];
  return hideSecrets(hideConfig(manifest, settings.projectSettings(), hidden) as Values, secrets, hidden) as Values;
}

function jobEntry({ name, tasks, annotations }: Project['jobs'][number]): Values {
  return { name, tasks, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) };
}

/** Of the file, the project's settings, and the environment; the later the stronger. */
function projectEnv({ project, settings, safe }: ManifestParts): Env {
  const fromSettings = printableProjectEnv(settings.projectSettings(), { safe, mask: hidden });
  return [fromSettings, project.environment?.env ?? {}].reduce<Env>((env, more) => mergeEnv(project, env, more), {
    ...project.env,
  });
}

/** Each sees the variables of the other, and keeps references to what neither has. */
function mergeEnv(project: Project, weak: Readonly<Env>, strong: Readonly<Env>): Env {
  const merged = { ...expanded(weak, strong), ...expanded(strong, weak) };
  const portable = Object.entries(merged).map(([name, value]) => [
    name,
    value.replaceAll(project.root, '${MELTANO_PROJECT_ROOT}'),
  ]);
  return Object.fromEntries(portable);
}

function expanded(env: Readonly<Env>, known: Readonly<Env>): Env {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, expandKnown(value, lookupIn(known))]));
}

/* ---- plugins ---- */

function pluginsOf(type: PluginType, parts: ManifestParts): Values[] {
  const { project, plugins } = parts;
  const locks = new LockFiles(project.root);
  return plugins.list(type).map((plugin, index) => {
    const entry = project.pluginEntries[type][index] as PluginEntry;
    return pluginEntry(plugin, entry, parts, locks);
  });
}

function pluginEntry(plugin: Plugin, entry: PluginEntry, parts: ManifestParts, locks: LockFiles): Values {
  const { project, settings, safe } = parts;
  const ofEnvironment = project.environment?.plugins[plugin.type]?.find(({ name }) => name === plugin.name) ?? {};
  const { env: _, ...above } = ofEnvironment as Values;
  const merged = mergeValues(mergeDefinition(definitionOf(plugin, entry, parts, locks), entry), above);
  const resolved = settings.plugin(plugin);
  const asEnv = [false, true].map((extras) => printableEnv(resolved, { safe, extras, mask: hidden }));
  const env = [plugin.environmentEnv, ...asEnv].reduce<Env>((all, more) => mergeEnv(project, all, more), {
    ...plugin.env,
  });
  const config = isMap(merged.config) ? merged.config : undefined;
  const shown = config === undefined || !safe ? config : hideConfig(config, resolved.settings, hidden);
  return { ...merged, name: plugin.name, ...(shown === undefined ? {} : { config: shown }), env };
}

/** What the entry stands on: its lock file, or that of the plugin that it inherits from. */
function definitionOf(plugin: Plugin, entry: PluginEntry, parts: ManifestParts, locks: LockFiles): Values {
  const { type, parent } = plugin;
  if (parent !== undefined) {
    const index = parts.project.pluginEntries[type].findIndex(({ name }) => name === parent.name);
    const parentEntry = parts.project.pluginEntries[type][index] as PluginEntry;
    const { config: _config, env: _env, inherit_from: _from, ...inherited } = parentEntry;
    return mergeDefinition(definitionOf(parent, parentEntry, parts, locks), inherited);
  }
  const variant = typeof entry.variant === 'string' ? entry.variant : undefined;
  const isLocked = !plugin.custom && !plugin.bundled;
  const locked = isLocked ? locks.find(type, plugin.inheritFrom ?? plugin.name, variant) : undefined;
  return { ...(locked ?? assumed(plugin)), plugin_type: type };
}

/** Of a plugin without a lock file, what is known of it. */
function assumed(plugin: Plugin): Values {
  const {
    namespace,
    label = plugin.name,
    pipUrl,
    executable,
    capabilities,
    settings,
    settingsGroups,
    commands,
  } = plugin;
  const defined = settings.filter(({ name, custom }) => !name.startsWith('_') && custom !== true);
  return {
    namespace,
    label,
    ...(pipUrl === undefined ? {} : { pip_url: pipUrl }),
    ...(plugin.bundled ? { executable } : {}),
    ...(capabilities.size === 0 ? {} : { capabilities: [...capabilities] }),
    ...(defined.length === 0 ? {} : { settings: defined.map((setting) => ({ ...setting })) }),
    ...(settingsGroups.length === 0 ? {} : { settings_group_validation: settingsGroups }),
    ...(commands.size === 0
      ? {}
      : { commands: Object.fromEntries([...commands].map(([name, { args }]) => [name, args])) }),
  };
}

/** The entry over its definition. A setting that both define is the entry's, and capabilities of the entry replace all. */
function mergeDefinition(definition: Values, entry: Values): Values {
  const merged = mergeValues(definition, entry);
  if (Array.isArray(entry.capabilities)) merged.capabilities = entry.capabilities;
  if (Array.isArray(entry.settings) && Array.isArray(definition.settings)) {
    const own = new Map(entry.settings.map((setting: Values) => [setting.name, setting]));
    const others = definition.settings.filter((setting: Values) => !own.has(setting.name));
    merged.settings = [...others, ...entry.settings];
  }
  return merged;
}

/** Maps key by key; of all else the second wins, where it says anything. */
function mergeValues(weak: Readonly<Values>, strong: Readonly<Values>): Values {
  const merged: Values = { ...weak };
  for (const [key, value] of Object.entries(strong)) {
    const below = merged[key];
    if (value === null || value === undefined) continue;
    setOwn(merged, key, isMap(value) && isMap(below) ? mergeValues(below, value) : value);
  }
  return merged;
}
