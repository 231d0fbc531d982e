import { resolve } from 'node:path';
import type { Block } from '../../plan/types.js';
import type { LeaseOwner } from '../../state/port.js';
import type { Reaper } from '../process/reaper.js';
import type { World } from '../types.js';
import { createRunDirectory, type RunDirectory, removeLeftoverDirectories } from './run-directory.js';

const touchMilliseconds = 60_000;

/** The run's own directory, and one per `run_dir` of its steps. All are removed when the run ends, however it ends. */
export class RunDirectories {
  private readonly made = new Map<string, Promise<RunDirectory>>();
  private readonly leftovers: Promise<void>[] = [];
  private readonly touching: NodeJS.Timeout;

  constructor(
    private readonly world: Pick<World, 'runDirRoot' | 'project'>,
    private readonly owner: LeaseOwner,
    private readonly reaper: Reaper,
  ) {
    this.touching = setInterval(() => void this.touch(), touchMilliseconds);
  }

  /** The run's own directory. Throws RUN_DIRECTORY, DISK_FULL. */
  own(): Promise<RunDirectory> {
    return this.at(this.world.runDirRoot);
  }

  of({ scope }: Block): Promise<RunDirectory> {
    return scope?.runDir === undefined ? this.own() : this.at(resolve(this.world.project.root, scope.runDir));
  }

  async remove(): Promise<void> {
    clearInterval(this.touching);
    await Promise.all(this.leftovers);
    for (const making of this.made.values()) {
      const directory = await making.catch(() => undefined);
      await directory?.remove().catch(() => undefined);
      if (directory !== undefined) this.reaper.forgetPath(directory.path);
    }
  }

  private at(root: string): Promise<RunDirectory> {
    const known = this.made.get(root);
    if (known !== undefined) return known;
    this.leftovers.push(removeLeftoverDirectories(root));
    const making = createRunDirectory(root, this.owner).then((directory) => {
      this.reaper.watchPath(directory.path);
      return directory;
    });
    this.made.set(root, making);
    return making;
  }

  private async touch(): Promise<void> {
    for (const making of this.made.values())
      await (await making.catch(() => undefined))?.touch().catch(() => undefined);
  }
}
