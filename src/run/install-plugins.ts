import type { Plugin } from '../plugins/types.js';
import { checkRequiresMeltano } from '../project/meltano-version.js';
import type { Emit } from './emit.js';
import { type Reaper, startReaper } from './process/reaper.js';
import type { StopControl } from './stop-control.js';
import type { RunOptions, World } from './types.js';

/**
 * Installs plugins before anything starts; all of them must support this version. `auto` does nothing if the project sets
 * `auto_install: false`. Throws INSTALL_*, PROJECT_REQUIRES, INTERRUPTED.
 */
export async function installPlugins(
  plugins: readonly Plugin[],
  install: NonNullable<RunOptions['install']>,
  { world, stop, emit }: { world: World; stop: StopControl; emit: Emit },
): Promise<void> {
  for (const plugin of plugins) {
    await checkRequiresMeltano(plugin.requiresMeltano, `The ${plugin.singular} '${plugin.name}'`, plugin.at);
  }
  if (install === 'skip' || (install === 'auto' && world.settings.projectSetting('auto_install') === false)) return;
  const abort = new AbortController();
  const off = stop.listen(() => abort.abort());
  // The original, too, applies the rule of an explicit install when a run only installs.
  const mode = install === 'only' ? 'install' : 'auto';
  const watcher = lazyReaper();
  try {
    await world.installer.ensure(plugins, { mode, report: emit, signal: abort.signal, watcher });
  } finally {
    off();
    await watcher.close();
  }
}

/** A reaper that starts with the first tool: usually there is nothing to install. */
function lazyReaper() {
  let reaper: Reaper | undefined;
  return {
    watchGroup: (groupId: number) => {
      reaper ??= startReaper();
      reaper.watchGroup(groupId);
    },
    forgetGroup: (groupId: number) => reaper?.forgetGroup(groupId),
    close: async () => reaper?.close(),
  };
}
