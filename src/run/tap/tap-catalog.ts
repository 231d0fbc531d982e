import { randomUUID } from 'node:crypto';
import type { BlockOptions } from '../../plan/types.js';
import type { Plugin } from '../../plugins/types.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import { prepareTapCatalog, resolvePlugin } from '../chain-setup.js';
import { createEmitter, type Emit } from '../emit.js';
import type { RunSubscriber } from '../events.js';
import { noNotes, withPlace } from '../files/plugin-place.js';
import { installPlugins } from '../install-plugins.js';
import { stopOnSignals } from '../signals.js';
import { StopControl } from '../stop-control.js';
import type { RunOptions, World } from '../types.js';
import type { PreparedCatalog } from './catalog.js';

/**
 * The catalog that a tap would get, outside a run: its own, the cached or a freshly discovered one, with its rules applied.
 * Undefined where it takes none or can't discover one. Throws DISCOVERY_*, CATALOG_*, INTERRUPTED.
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
    return await withPlace(randomUUID(), world, (place) => {
      const refresh = refreshCatalog || fullRefresh;
      const setup = { ...place, state: { text: state }, refreshCatalog: refresh, stop, notes: noNotes };
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

/** The same for a plugin that may have to be installed first; `installed` where nothing else was asked for. */
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
