/** What plugins outside a run work with: no lease, no state, no history. */
import { randomUUID } from 'node:crypto';
import { currentOwner } from '../../state/owner.js';
import { createEmitter, type Emit } from '../emit.js';
import type { RunSubscriber } from '../events.js';
import { createRunDirectory, removeLeftoverDirectories } from '../files/run-directory.js';
import type { ProcessNotes } from '../history-notes.js';
import { type Reaper, startReaper } from '../process/reaper.js';
import { withSignals } from '../signals.js';
import type { StopControl } from '../stop-control.js';
import type { World } from '../types.js';

export interface Alone {
  world: World;
  emit: Emit;
  stop: StopControl;
}

/** A directory for the files of a plugin, and the reaper of its processes. */
export interface Workspace extends Alone {
  directory: string;
  reaper: Reaper;
  notes: ProcessNotes;
}

/** Runs `work` with the events and the stop control that it needs. */
export function runAlone<T>(
  world: World,
  subscribers: readonly RunSubscriber[],
  work: (alone: Alone, stopListening: () => void) => Promise<T>,
): Promise<T> {
  const { emit } = createEmitter(randomUUID(), world.mask, subscribers);
  return withSignals((stop, stopListening) => work({ world, emit, stop }, stopListening));
}

/** Runs `work` with a private directory that is removed afterwards, however this process ends. */
export async function withWorkspace<T>(alone: Alone, work: (workspace: Workspace) => Promise<T>): Promise<T> {
  const { runDirRoot } = alone.world;
  const leftovers = removeLeftoverDirectories(runDirRoot);
  const directory = await createRunDirectory(runDirRoot, await currentOwner(randomUUID()));
  const reaper = startReaper();
  reaper.watchPath(directory.path);
  try {
    return await work({ ...alone, directory: await directory.block('invoke'), reaper, notes: noNotes });
  } finally {
    await Promise.all([leftovers, directory.remove().catch(() => undefined)]);
    reaper.forgetPath(directory.path);
    await reaper.close();
  }
}

/** For a plugin that reads none of our files. */
export function withoutWorkspace<T>(alone: Alone, work: (workspace: Workspace) => Promise<T>): Promise<T> {
  return work({ ...alone, directory: '', reaper: noReaper, notes: noNotes });
}

const noNotes: ProcessNotes = { processStarted: () => undefined, processExited: () => undefined };

const noReaper: Reaper = {
  pid: undefined,
  watchGroup: () => undefined,
  forgetGroup: () => undefined,
  watchPath: () => undefined,
  forgetPath: () => undefined,
  close: () => Promise.resolve(),
};
