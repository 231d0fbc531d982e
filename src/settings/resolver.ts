import type { Plugin, Plugins } from '../plugins/types.js';
import type { Project } from '../project/types.js';
import { once } from '../values.js';
import { infoEnv, projectReadNames } from './env-names.js';
import { EnvStack, emptyEnv } from './env-stack.js';
import { expandText, firstOf, lookupIn } from './expand.js';
import { exportText } from './export-text.js';
import { mappingConfig, nestedConfig, nestedExtras } from './plugin-config.js';
import { type PluginScope, type PluginScopeContext, pluginScope } from './plugin-scope.js';
import { environmentEnv, processEnv, projectEnv } from './process-env.js';
import { isOwnSetting } from './project-definitions.js';
import { baseEnv, isStrict, projectEnvLevels, projectScope } from './project-scope.js';
import { missingSettings } from './required.js';
import { passwordsInUrls, secretsOf } from './secrets.js';
import type { ResolvedPlugin, ResolvedSetting, ResolveOptions, SettingsResolver, StoredSettings } from './types.js';

export interface SettingsOptions {
  /** The process environment. */
  env: NodeJS.ProcessEnv;
  /** Project settings from the command line, by dotted name. */
  overrides?: Record<string, unknown> | undefined;
  stored?: StoredSettings | undefined;
}

/**
 * Resolves settings of a project and its plugins: every layer, expansion and casting as Meltano 4.4.1 does. Lazy: nothing is
 * resolved before it is asked for, and asking for one plugin touches no other but its parents.
 */
export function createSettings(project: Project, _plugins: Plugins, options: SettingsOptions): SettingsResolver {
  const { stored } = options;
  const env = baseEnv(options.env);
  const overrides = options.overrides ?? {};
  const scopeOfProject = once(() => projectScope({ project, env, overrides, stored }));
  const strict = once(() => isStrict(scopeOfProject()));

  const projectSettings = once((): ReadonlyMap<string, ResolvedSetting> => {
    const scope = scopeOfProject();
    const known = scope.definitions.filter(({ custom }) => custom !== true);
    return new Map(known.map((definition) => [definition.name, markUrlSecrets(scope.resolve(definition))]));
  });

  const levels = once(
    () => new EnvStack([...projectEnvLevels(project, env), { vars: projectSettingsAsEnv(projectSettings()) }]),
  );
  const contextOf = (extraEnv: Readonly<Record<string, string>>): PluginScopeContext => ({
    project,
    base: levels(),
    extraEnv,
    strict: strict(),
    stored,
  });
  const sharedContext = once(() => contextOf({}));

  const scopeOf = (plugin: Plugin, { overrides, upstream, extraEnv }: ResolveOptions): PluginScope => {
    const shared = extraEnv ? contextOf(extraEnv) : sharedContext();
    return pluginScope(shared, plugin, upstream ?? {}, overrides ?? {});
  };

  return {
    project,
    projectSettings,
    projectSetting: (name) => {
      const scope = scopeOfProject();
      const definition = scope.find(name);
      return definition ? scope.resolve(definition).value : undefined;
    },
    projectSecrets: () => secretsOf(projectSettings().values()),
    plugin: (plugin, resolveOptions = {}) => {
      return resolvePlugin(project, env, resolveOptions.extraEnv ?? {}, scopeOf(plugin, resolveOptions), strict());
    },
    explain: (plugin, name) => {
      const scope = plugin === undefined ? undefined : scopeOf(plugin, {});
      return (scope?.settings ?? scopeOfProject()).explain(name);
    },
    stateIdSuffix: (text, tap, resolveOptions = {}) => {
      // Without the environment's own `env:`, which the original can't see here either: state IDs must stay the same.
      const { below } = scopeOf(tap, resolveOptions);
      return expandText(
        text,
        firstOf((name) => below.get(name), lookupIn(project.dotenv)),
        strict(),
      );
    },
    projectEnv: () => projectEnv(project, env, strict()),
    environmentEnv: () => environmentEnv(project, env, strict()),
    expand: (text, variables) => expandText(text, lookupIn(variables), strict()),
  };
}

function resolvePlugin(
  project: Project,
  env: Readonly<Record<string, string>>,
  extraEnv: Readonly<Record<string, string>>,
  scope: PluginScope,
  strict: boolean,
): ResolvedPlugin {
  const { plugin } = scope;
  const base = { ...env, ...extraEnv };
  const settings = new Map(
    scope.settings.definitions.map((definition) => [definition.name, scope.settings.resolve(definition)]),
  );
  const config = once(() => configOf(project, base, plugin, settings));
  const ofProcess = once(() => processEnv(project, base, scope, extraEnv, strict));
  const secrets = once(() => secretsOf(settings.values()));
  return {
    plugin,
    settings,
    get config() {
      return config();
    },
    extras: nestedExtras(settings.values()),
    exported: Object.assign(emptyEnv(), infoEnv(plugin), scope.asEnv()),
    get processEnv() {
      return ofProcess();
    },
    get secrets() {
      return secrets();
    },
    missing: missingSettings(plugin, settings),
  };
}

/** Made when it is read: settings that contradict each other matter only to a plugin with a config file. */
function configOf(
  project: Project,
  base: Record<string, string>,
  plugin: Plugin,
  settings: ReadonlyMap<string, ResolvedSetting>,
): Record<string, unknown> {
  const processed = nestedConfig(settings.values());
  return plugin.mapping === undefined ? processed : mappingConfig(project, base, plugin, processed);
}

/** A URL with a password in it is a secret, e.g. database_uri. */
function markUrlSecrets(setting: ResolvedSetting): ResolvedSetting {
  return passwordsInUrls(setting.value).length > 0 ? { ...setting, sensitive: true } : setting;
}

/** Exported as in the original; Tapline's own only if they are set, so that plugins see nothing new. */
function projectSettingsAsEnv(settings: ReadonlyMap<string, ResolvedSetting>): Record<string, string> {
  const exported: Record<string, string> = {};
  for (const setting of settings.values()) {
    if (setting.value === undefined || setting.value === null) continue;
    if (isOwnSetting(setting.name) && setting.origin.layer === 'default') continue;
    for (const { name, negated } of projectReadNames(setting.definition))
      if (!negated) exported[name] = exportText(setting);
  }
  return exported;
}
