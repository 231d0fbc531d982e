/** What `config` works on: a plugin, or the project itself under the name `meltano`. */
import type { Plugin } from '../../plugins/types.js';
import type { PluginType } from '../../project/types.js';
import type { Session } from '../../session/session.js';
import type { ResolvedPlugin, ResolvedSetting } from '../../settings/types.js';

export type ConfigTarget =
  | { plugin: Plugin; resolved: ResolvedPlugin; settings: ReadonlyMap<string, ResolvedSetting> }
  | { plugin: undefined; settings: ReadonlyMap<string, ResolvedSetting> };

/** As in the original, a plugin named `meltano` takes precedence. Throws PLUGIN_UNKNOWN. */
export async function configTarget(
  session: Session,
  name: string,
  type: PluginType | undefined,
): Promise<ConfigTarget> {
  const plugins = await session.plugins();
  const settings = await session.settings();
  if (name === 'meltano' && plugins.find(name, type) === undefined) {
    return { plugin: undefined, settings: settings.projectSettings() };
  }
  const plugin = plugins.get(name, type);
  await tellIgnoredEnvironment(session, plugin);
  const resolved = settings.plugin(plugin);
  return { plugin, resolved, settings: resolved.settings };
}

/** `config` does not apply default_environment, as in the original; that matters if the environment has values for the plugin. */
async function tellIgnoredEnvironment({ project, log }: Session, { type, name }: Plugin): Promise<void> {
  const { environment, environments, defaultEnvironment } = project;
  if (environment !== undefined || defaultEnvironment === undefined) return;
  const entries = environments.find((each) => each.name === defaultEnvironment)?.plugins[type] ?? [];
  if (!entries.some((entry) => entry.name === name)) return;
  (await log()).info(
    `The default environment '${defaultEnvironment}' is ignored here, but it has values for '${name}'. To see them, use --environment=${defaultEnvironment}.`,
  );
}
