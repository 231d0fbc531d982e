import type { BlockOptions } from '../../plan/types.js';
import type { Plugin } from '../../plugins/types.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import type { RunSubscriber } from '../events.js';
import { installPlugins } from '../install-plugins.js';
import { resolvePlugin } from '../plugin-process.js';
import type { PreparedCatalog } from '../tap/catalog.js';
import { prepareTapCatalog } from '../tap/tap-setup.js';
import type { RunOptions, World } from '../types.js';
import { type Alone, runAlone, withWorkspace } from './workspace.js';

/**
 * The catalog that a tap would get, outside a run: the user's own, a cached or a freshly discovered one, with its rules applied.
 * Undefined if it takes none. Throws DISCOVERY_*, CATALOG_*, INTERRUPTED.
 */
export function tapCatalog(
  alone: Alone,
  tap: ResolvedPlugin,
  { refreshCatalog = false, fullRefresh = false }: BlockOptions,
  state?: string,
): Promise<PreparedCatalog | undefined> {
  const refresh = refreshCatalog || fullRefresh;
  return withWorkspace(alone, (workspace) =>
    prepareTapCatalog(tap, { ...workspace, state: { text: state }, refreshCatalog: refresh }),
  );
}

export interface TapSelection {
  tap: ResolvedPlugin;
  prepared: PreparedCatalog | undefined;
}

/** Installs the tap if needed and returns its catalog; `installed` if the caller only wanted that. */
export function selectionOfTap(
  plugin: Plugin,
  { install = 'auto', refreshCatalog }: Pick<RunOptions, 'install'> & Pick<BlockOptions, 'refreshCatalog'>,
  world: World,
  subscribers: readonly RunSubscriber[],
): Promise<TapSelection | 'installed'> {
  return runAlone(world, subscribers, async (alone) => {
    await installPlugins([plugin], install, alone);
    if (install === 'only') return 'installed';
    const tap = resolvePlugin(world, plugin, {}, alone.emit);
    return { tap, prepared: await tapCatalog(alone, tap, { refreshCatalog }) };
  });
}
