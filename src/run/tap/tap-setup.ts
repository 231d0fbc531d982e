/** The tap of a chain with its files: config, catalog, state. */
import { join } from 'node:path';
import type { ResolvedPlugin } from '../../settings/types.js';
import { catalogOption } from '../../settings/unsupported-selection.js';
import type { ChainProcessSpec } from '../chain/types.js';
import type { Emit } from '../emit.js';
import type { PluginFiles } from '../files/plugin-files.js';
import type { ProcessNotes } from '../history-notes.js';
import { processSpec, secondsExtra, singerFlag, writeFilesOf } from '../plugin-process.js';
import type { Reaper } from '../process/reaper.js';
import type { StopControl } from '../stop-control.js';
import type { World } from '../types.js';
import { type PreparedCatalog, prepareCatalog } from './catalog.js';
import { discoverCatalog, type SharedDiscovery } from './discovery.js';
import { selectionPolicies } from './selection-effect.js';
import { isInline, stateArgument } from './tap-state.js';

/** Discovery of a big database can take minutes; one that takes longer than this hangs. */
const maxDiscoverySeconds = 600;

/** What setting up a tap needs besides its settings. */
export interface TapSetup {
  world: World;
  /** A directory of this chain alone, for its files. */
  directory: string;
  /** The state that the tap starts from; undefined if it gets none. */
  state: { text: string | undefined } | undefined;
  refreshCatalog: boolean;
  /** See BlockOptions. */
  failOnEmpty?: boolean | undefined;
  stop: StopControl;
  reaper: Reaper;
  notes: ProcessNotes;
  emit: Emit;
  /** Set where several chains share one discovery. */
  discovery?: SharedDiscovery | undefined;
  /** The tap without the settings of a backfill window: its catalog depends on these alone. */
  tapForCatalog?: ResolvedPlugin | undefined;
}

/** Returns the tap's process, with config, catalog and state as its capabilities allow. */
export async function setUpTap(tap: ResolvedPlugin, setup: TapSetup): Promise<ChainProcessSpec> {
  const files = await writeTapFiles(tap, setup);
  const catalog = await catalogOf(tap, files, setup);
  const option = catalogOption(tap.plugin);
  const catalogArgs = catalog === undefined || option === undefined ? [] : [singerFlag(tap, option), catalog.file];
  const args = [singerFlag(tap, 'config'), files.config, ...catalogArgs, ...files.stateArgs];
  return processSpec(setup.world, tap, { role: 'tap', files, args });
}

/** The catalog that the tap would get, with its rules applied; undefined if it takes none. */
export async function prepareTapCatalog(tap: ResolvedPlugin, setup: TapSetup): Promise<PreparedCatalog | undefined> {
  return catalogOf(tap, await writeTapFiles(tap, setup), setup);
}

interface TapFiles extends PluginFiles {
  stateArgs: string[];
}

async function writeTapFiles(tap: ResolvedPlugin, { world, directory, state: start }: TapSetup): Promise<TapFiles> {
  const files = await writeFilesOf(world, tap, directory, 'tap');
  const state = start === undefined ? undefined : await stateArgument(tap, start.text, directory);
  const takesState = state !== undefined && tap.plugin.capabilities.has('state');
  return { ...files, stateArgs: takesState ? [singerFlag(tap, 'state'), state] : [] };
}

function catalogOf(tap: ResolvedPlugin, files: TapFiles, setup: TapSetup): Promise<PreparedCatalog | undefined> {
  const { world, directory, discovery, emit, tapForCatalog = tap } = setup;
  const discover = () => runDiscovery(tap, files, setup);
  return prepareCatalog({
    tap: tapForCatalog,
    projectRoot: world.project.root,
    directory,
    cacheFolder: join(world.runDirRoot, tap.plugin.name),
    refresh: setup.refreshCatalog,
    discover: () => discovery?.once(discover) ?? discover().then((text) => ({ text, isShared: false })),
    emit,
    policies: selectionPolicies(world.settings, setup.failOnEmpty),
  });
}

async function runDiscovery(tap: ResolvedPlugin, tapFiles: TapFiles, setup: TapSetup): Promise<string> {
  const { world, directory, stop, reaper, notes, emit, tapForCatalog = tap } = setup;
  emit({ type: 'log', level: 'info', message: 'Running catalog discovery', fields: { plugin: tap.plugin.name } });
  const isOwn = tapForCatalog === tap;
  const files = isOwn ? tapFiles : await writeFilesOf(world, tapForCatalog, directory, 'tap');
  // The original passes the state file to discovery, too.
  const stateArgs = isOwn && !isInline(tap) ? tapFiles.stateArgs : [];
  const args = [singerFlag(tap, 'config'), files.config, ...stateArgs, singerFlag(tap, 'discover')];
  const timeoutSeconds = secondsExtra(tap, 'discovery_timeout') ?? maxDiscoverySeconds;
  const spec = processSpec(world, tapForCatalog, { role: 'discovery', files, args });
  return discoverCatalog(spec, { stop, reaper, notes, timeoutSeconds, emit });
}
