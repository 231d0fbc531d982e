import type { BlockOptions, ChainBlock } from '../plan/types.js';
import type { LeaseOwner } from '../state/port.js';
import type { Emitter } from './emit.js';
import type { RunDirectories } from './files/run-directories.js';
import type { HistoryNotes } from './history-notes.js';
import type { Reaper } from './process/reaper.js';
import type { StopControl } from './stop-control.js';
import type { SharedDiscovery } from './tap/discovery.js';
import type { RunOptions, World } from './types.js';

/** What all blocks of a run share. */
export interface RunContext {
  world: World;
  options: RunOptions;
  owner: LeaseOwner;
  emitter: Emitter;
  stop: StopControl;
  directories: RunDirectories;
  reaper: Reaper;
  notes: HistoryNotes;
  /** Shared by the windows of a backfill. */
  discovery: SharedDiscovery;
  trigger: string;
}

/** The effective options of a chain: its own, then the command line's. */
export function chainOptions({ options }: RunContext, block: ChainBlock): BlockOptions {
  return optionsOf(block.options, options.defaults);
}

/** A block's own options; the command line fills the unset ones. */
function optionsOf(own: BlockOptions, defaults: BlockOptions | undefined): BlockOptions {
  const options: BlockOptions = { ...defaults };
  for (const [name, value] of Object.entries(own)) if (value !== undefined) Object.assign(options, { [name]: value });
  return options;
}
