import { currentOwner } from '../../state/owner.js';
import { createRunDirectory, removeLeftoverDirectories } from '../files/run-directory.js';
import { type Reaper, startReaper } from '../process/reaper.js';
import type { World } from '../types.js';

/** What a plugin outside a run works in: a directory for its files, and the reaper of its processes. */
export interface Workspace {
  directory: string;
  reaper: Reaper;
}

/** Runs `work` with a private directory that is removed afterwards, however this process ends. */
export async function withWorkspace<T>(
  runId: string,
  world: World,
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
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

/** For a plugin that reads none of our files. */
export function withoutWorkspace<T>(
  _runId: string,
  _world: World,
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  return work({ directory: '', reaper: noReaper });
}

/** Processes outside a run are not recorded. */
export const noNotes = { processStarted: () => undefined, processExited: () => undefined };

const noReaper: Reaper = {
  pid: undefined,
  watchGroup: () => undefined,
  forgetGroup: () => undefined,
  watchPath: () => undefined,
  forgetPath: () => undefined,
  close: () => Promise.resolve(),
};
