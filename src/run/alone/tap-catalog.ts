import { randomUUID } from 'node:crypto';
import type { BlockOptions } from '../../plan/types.js';
import type { Plugin } from '../../plugins/types.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import { prepareTapCatalog, resolvePlugin } from '../block/setup.js';
import { createEmitter, type Emit } from '../emit.js';
import type { RunSubscriber } from '../events.js';
import { installPlugins } from '../install-plugins.js';
import { stopOnSignals } from '../signals.js';
import { StopControl } from '../stop-control.js';
import type { PreparedCatalog } from '../tap/catalog.js';
import type { RunOptions, World } from '../types.js';
import { noNotes, withWorkspace } from './workspace.js';

/**
 * The catalog that a tap would get, outside a run: the user's own, a cached or a freshly discovered one, with its rules applied.
 * Undefined if it takes none. Throws DISCOVERY_*, CATALOG_*, INTERRUPTED.
 */
export async function tapCatalog(
  tap: ResolvedPlugin,
  state: string | undefined,
  { refreshCatalog = false, fullRefresh = false }: BlockOptions,
  world: World,
  emit: Emit,
): Promise<PreparedCatalog | undefined> {
  const stop = new StopControl();
  const stopListening = stopOnSignals(stop);
  try {
    return await withWorkspace(randomUUID(), world, (workspace) => {
      const refresh = refreshCatalog || fullRefresh;
      const setup = { ...workspace, state: { text: state }, refreshCatalog: refresh, stop, notes: noNotes };
      return prepareTapCatalog(world, tap, setup, emit);
    });
  } finally {
    stopListening();
  }
}

export interface TapSelection {
  tap: ResolvedPlugin;
  prepared: PreparedCatalog | undefined;
}

/** Installs the tap if needed and returns its catalog; `installed` if the caller only wanted that. */
export async function selectionOfTap(
  plugin: Plugin,
  { install = 'auto', refreshCatalog }: Pick<RunOptions, 'install'> & Pick<BlockOptions, 'refreshCatalog'>,
  world: World,
  subscribers: readonly RunSubscriber[],
): Promise<TapSelection | 'installed'> {
  const { emit } = createEmitter(randomUUID(), world.mask, subscribers);
  const stop = new StopControl();
  const stopListening = stopOnSignals(stop);
  try {
    await installPlugins([plugin], install, world, stop, emit);
  } finally {
    stopListening();
  }
  if (install === 'only') return 'installed';
  const tap = resolvePlugin(world, plugin, {}, emit);
  return { tap, prepared: await tapCatalog(tap, undefined, { refreshCatalog }, world, emit) };
}
