/** The plugins and settings of a session. Some settings are kept in the system database, and others say where that is. */
import type { Mask } from '../observe/mask.js';
import { openPlugins } from '../plugins/plugins.js';
import type { BundledDefinitions, Plugins } from '../plugins/types.js';
import type { Project } from '../project/types.js';
import { createSettings } from '../settings/resolver.js';
import type { SettingsResolver, SettingsTable, StoredSettings } from '../settings/types.js';
import { definedOnly } from '../values.js';
import { createSessionDatabase, loadStores, type SessionDatabase } from './database.js';
import { type Lazy, lazy } from './lazy.js';
import type { SessionOptions } from './session-options.js';

export interface SessionSettings {
  plugins: Lazy<Plugins>;
  /** Without those that the system database keeps: enough for the log, and to find that database. */
  base: Lazy<SettingsResolver>;
  database: SessionDatabase;
  all: Lazy<SettingsResolver>;
  table(make: boolean): Promise<SettingsTable | undefined>;
}

export function createSessionSettings(project: Project, options: SessionOptions, mask: Mask): SessionSettings {
  const plugins = lazy(async () => openPlugins(project, { bundled: await bundledOf(project) }));
  const resolve = async (stored?: StoredSettings) => {
    const overrides = overridesOf(options);
    const resolver = createSettings(project, await plugins(), { env: options.env, overrides, stored });
    mask.add(resolver.projectSecrets());
    return resolver;
  };
  const base = lazy(() => resolve());
  const database = createSessionDatabase(options, base);
  const all = lazy(async () => {
    if (!(await database.exists())) return base();
    const { readStoredSettings } = await loadStores();
    const stored = await readStoredSettings(await database.open());
    return stored.size === 0 ? base() : resolve(stored);
  });
  const table = async (make: boolean) => {
    if (!make && !(await database.exists())) return undefined;
    const { openSettingsTable } = await loadStores();
    return openSettingsTable(await database.open());
  };
  return { plugins, base, database, all, table };
}

/** Definitions of the plugins that we ship, if the project uses any of them. */
async function bundledOf(project: Project): Promise<BundledDefinitions> {
  const entries = Object.values(project.pluginEntries).flat();
  if (!entries.some(({ variant }) => variant === 'tapline')) return {};
  const { bundledDefinitions } = await import('../bundled/definitions.js');
  return Object.fromEntries(Object.entries(bundledDefinitions).map(([name, definition]) => [name, { ...definition }]));
}

/** Project settings that the command line sets. */
function overridesOf({ databaseUri, log }: SessionOptions): Record<string, unknown> {
  return definedOnly({
    database_uri: databaseUri,
    'cli.log_level': log.level,
    'cli.log_format': log.format?.replaceAll('-', '_'),
    'cli.log_config': log.config,
  });
}
