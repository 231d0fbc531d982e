import { currentOwner } from '../../state/owner.js';
import { type Reaper, startReaper } from '../process/reaper.js';
import type { World } from '../types.js';
import { createRunDirectory, removeLeftoverDirectories } from './run-directory.js';

/** Where plugins that run outside a run have their files, and who looks after their processes. */
export interface PluginPlace {
  directory: string;
  reaper: Reaper;
}

/** A private directory for what plugins read; it is gone afterwards, whatever ends this process. */
export async function withPlace<T>(runId: string, world: World, work: (place: PluginPlace) => Promise<T>): Promise<T> {
  const leftovers = removeLeftoverDirectories(world.runDirRoot);
  const directory = await createRunDirectory(world.runDirRoot, await currentOwner(runId));
  const reaper = startReaper();
  reaper.watchPath(directory.path);
  try {
    return await work({ directory: await directory.block('invoke'), reaper });
  } finally {
    await Promise.all([leftovers, directory.remove().catch(() => undefined)]);
    reaper.forgetPath(directory.path);
    await reaper.close();
  }
}

/** For a plugin that reads no files of ours. */
export function withoutPlace<T>(_runId: string, _world: World, work: (place: PluginPlace) => Promise<T>): Promise<T> {
  return work({ directory: '', reaper: noReaper });
}

/** Processes outside a run are in nobody's history. */
export const noNotes = { processStarted: () => undefined, processExited: () => undefined };

const noReaper: Reaper = {
  pid: undefined,
  watchGroup: () => undefined,
  forgetGroup: () => undefined,
  watchPath: () => undefined,
  forgetPath: () => undefined,
  close: () => Promise.resolve(),
};
