/** A file system with little room, mounted for a test. */
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export class SmallDisk {
  private constructor(readonly path: string) {}

  /** Undefined where nothing can be mounted: only root may, and not in each container. */
  static async mount(size = '4m'): Promise<SmallDisk | undefined> {
    const path = await mkdtemp(join(tmpdir(), 'tapline-disk-'));
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tapline-test', path]).status === 0)
      return new SmallDisk(path);
    await rm(path, { recursive: true });
    return undefined;
  }

  /** Takes all room that is left, to the last byte. */
  async fill(): Promise<void> {
    const handle = await open(this.#filling, 'a');
    try {
      for (let size = 64 * 1024; size >= 1; ) {
        try {
          writeSync(handle.fd, Buffer.alloc(size, 'x'));
        } catch {
          size = Math.floor(size / 2);
        }
      }
    } finally {
      await handle.close();
    }
  }

  free(): Promise<void> {
    return rm(this.#filling, { force: true });
  }

  async unmount(): Promise<void> {
    spawnSync('umount', ['-l', this.path]);
    await rm(this.path, { recursive: true, force: true });
  }

  get #filling(): string {
    return join(this.path, 'filling');
  }
}

export async function canMount(): Promise<boolean> {
  const disk = await SmallDisk.mount();
  await disk?.unmount();
  return disk !== undefined;
}
