/** State as files in the original's layout, for projects that set `state_backend.uri: file:///...`. See layout.ts. */
import { mkdir, opendir, readdir, rename } from 'node:fs/promises';
import { keptVersions, type VersionMark, type VersionRetention } from '../kept-versions.js';
import { applyWrite, patternMatcher } from '../merge.js';
import type {
  AcquiredLease,
  AcquireOptions,
  HeldLease,
  LeaseHolder,
  LeaseStore,
  SavedState,
  StateBackend,
  StateLease,
  StateListing,
  StateVersion,
  StateWrite,
  StoredState,
} from '../port.js';
import { type Halves, parseStateText, stateText } from '../state-document.js';
import { ifReadable, statusOf } from '../state-text.js';
import {
  codeOf,
  type Draft,
  explainFileError,
  modified,
  moveInto,
  readIfPresent,
  remove,
  writeDraft,
} from './files.js';
import { checkFolderName, StateFolder } from './layout.js';
import { acquireLease, FileLease, type LeaseFiles, listLeases, releaseHeldLease } from './leases.js';
import { parseFolderUri } from './uri.js';
import { newestVersionNumber, pruneVersions, readVersion, readVersions, writeVersion } from './versions.js';
import { type HeldLock, removeEmptyFolder, withWriteLock } from './write-lock.js';

export interface FilesystemSettings {
  uri: string;
  lockTimeoutSeconds?: number | undefined;
  lockRetrySeconds?: number | undefined;
  readOnly?: boolean | undefined;
  keptVersions?: VersionRetention | undefined;
  /** For tests of expiry; the file system's own clock otherwise. */
  clock?: (() => Date) | undefined;
}

/** As in the original the folder is made where it is missing. Throws STATE_BACKEND_UNKNOWN, STATE_NOT_SAVED and DISK_FULL. */
export async function openFilesystemState(settings: FilesystemSettings): Promise<StateBackend> {
  const folder = new StateFolder(parseFolderUri(settings.uri));
  const { lockTimeoutSeconds = 10, lockRetrySeconds = 1, clock, readOnly = false } = settings;
  await coded(folder, async () => {
    if (readOnly) await lookAt(folder.root, { mayBeMissing: true });
    else await mkdir(folder.root, { recursive: true });
  });
  const files = {
    folder,
    lockTimes: { timeoutSeconds: lockTimeoutSeconds, retrySeconds: lockRetrySeconds },
    clock,
    retention: settings.keptVersions ?? keptVersions,
  };
  return new FilesystemStateBackend(files, readOnly);
}

/** Something else in its place is a mistake. `mayBeMissing`: where no folder is, there is no state yet. */
async function lookAt(root: string, { mayBeMissing }: { mayBeMissing: boolean }): Promise<void> {
  try {
    const folder = await opendir(root);
    await folder.close();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || !mayBeMissing) throw error;
  }
}

class FilesystemStateBackend implements StateBackend {
  readonly kind = 'file';
  readonly location: string;
  readonly leases: LeaseStore<FileStateLease>;
  readonly #folder: StateFolder;
  readonly #readOnly: boolean;

  constructor(files: LeaseFiles, readOnly: boolean) {
    this.#readOnly = readOnly;
    this.location = files.folder.root;
    this.leases = new FileLeaseStore(files);
    this.#folder = files.folder;
  }

  read(stateId: string): Promise<StoredState | undefined> {
    checkFolderName(stateId);
    const path = this.#folder.state(stateId);
    return coded(this.#folder, async () => {
      const [text, updatedAt] = [await readIfPresent(path), await modified(path)];
      if (text === undefined) return void (await this.#lookForFolder());
      const version = await newestVersionNumber(this.#folder, stateId);
      return { stateId, ...parseStateText(text, path, stateId), version, updatedAt };
    });
  }

  list(pattern?: string): Promise<StateListing[]> {
    const matches = patternMatcher(pattern);
    return coded(this.#folder, async () => {
      await this.#lookForFolder();
      const stateIds = (await folderNames(this.#folder.root)).filter((name) => !name.startsWith('.') && matches(name));
      const listings = await inBatches(stateIds.sort(), 64, (stateId) => listingOf(this.#folder, stateId));
      return listings.filter((listing) => listing !== undefined);
    });
  }

  clear(lease: StateLease): Promise<boolean> {
    if (!(lease instanceof FileStateLease)) throw new TypeError('The lease is of another state backend.');
    return lease.clear();
  }

  versions(stateId: string, limit: number = Number.MAX_SAFE_INTEGER): Promise<StateVersion[]> {
    checkFolderName(stateId);
    return coded(this.#folder, () => readVersions(this.#folder, stateId, limit));
  }

  async close(): Promise<void> {}

  /** It was there when it was opened: one that has gone since (a disk that is not mounted any more) is not an empty one. */
  #lookForFolder(): Promise<void> {
    return lookAt(this.#folder.root, { mayBeMissing: this.#readOnly });
  }
}

class FileLeaseStore implements LeaseStore<FileStateLease> {
  readonly #files: LeaseFiles;

  constructor(files: LeaseFiles) {
    this.#files = files;
  }

  acquire(name: string, options: AcquireOptions): Promise<AcquiredLease<FileStateLease> | HeldLease> {
    return coded(this.#files.folder, async () => {
      const answer = await acquireLease(this.#files, name, options);
      if (answer.kind === 'held') return answer;
      return { kind: 'acquired', lease: new FileStateLease(answer.grant), tookFrom: answer.tookFrom };
    });
  }

  list(): Promise<LeaseHolder[]> {
    return coded(this.#files.folder, () => listLeases(this.#files));
  }

  releaseHeld(name: string): Promise<LeaseHolder> {
    return coded(this.#files.folder, () => releaseHeldLease(this.#files, name));
  }
}

interface OpenState {
  text: string | undefined;
  newest: number;
}

class FileStateLease extends FileLease implements StateLease {
  /** What state.json held after our last write; any other content was written by another program. */
  #lastText: string | undefined;
  readonly #versionMarks = new Map<number, VersionMark>();

  override renew(): Promise<void> {
    return coded(this.grant.files.folder, () => super.renew());
  }

  override release(): Promise<void> {
    return coded(this.grant.files.folder, () => super.release());
  }

  save(write: StateWrite): Promise<SavedState> {
    return this.#write(async (open, lock) => {
      const path = this.#folder.state(this.name);
      // A completed write must cure a state that can't be read, so only a partial one reads it.
      const current =
        write.mode === 'partial' && open.text !== undefined ? parseStateText(open.text, path, this.name) : undefined;
      const halves = applyWrite(current, write);
      const version = open.newest + 1;
      const savedAt = new Date();
      const mode = write.edit ? ('edit' as const) : write.mode;
      const draft = await writeDraft(this.#folder.own(this.name), stateText(halves), { sync: true });
      try {
        await writeVersion(this.#folder, {
          stateId: this.name,
          version,
          savedAt,
          runId: write.runId,
          mode,
          token: this.token,
          ...halves,
        });
        await this.#replaceState(draft, open, lock);
      } catch (error) {
        // A version that never took effect must not be offered as one to return to.
        await remove(this.#folder.version(this.name, version));
        throw error;
      } finally {
        await remove(draft.path);
      }
      this.#lastText = stateText(halves);
      await this.#prune();
      return { version, savedAt };
    });
  }

  clear(): Promise<boolean> {
    return this.#write(async (open, lock) => {
      if (open.text === undefined) return false;
      const empty: Halves = { completed: {}, partial: {} };
      const version = open.newest + 1;
      try {
        await writeVersion(this.#folder, {
          stateId: this.name,
          version,
          savedAt: new Date(),
          runId: undefined,
          mode: 'clear',
          ...empty,
        });
        await this.#checkBoth(lock);
        await remove(this.#folder.state(this.name));
      } catch (error) {
        await remove(this.#folder.version(this.name, version));
        throw error;
      }
      this.#lastText = undefined;
      await this.#prune();
      return true;
    }).finally(() => removeEmptyFolder(this.#folder.stateFolder(this.name)));
  }

  get #folder(): StateFolder {
    return this.grant.files.folder;
  }

  /** Under the original's lock, while this lease holds; renews it, since a write is a sign of life too. */
  #write<T>(work: (open: OpenState, lock: HeldLock) => Promise<T>): Promise<T> {
    const { files } = this.grant;
    return coded(files.folder, async () => {
      await this.check();
      const result = await withWriteLock(files.folder, this.name, files.lockTimes, async (lock) => {
        await this.check();
        const text = await readIfPresent(this.#folder.state(this.name));
        const newest = await this.#keepForeignState(text, await newestVersionNumber(this.#folder, this.name));
        return work({ text, newest }, lock);
      });
      await super.renew();
      return result;
    });
  }

  /** Right before what takes effect: between them and it a later holder can't have begun to write. */
  async #checkBoth(lock: HeldLock): Promise<void> {
    await lock.check();
    await this.check();
  }

  async #replaceState(draft: Draft, open: OpenState, lock: HeldLock): Promise<void> {
    const path = this.#folder.state(this.name);
    await this.#moveBrokenAside(path, open.text);
    await this.#checkBoth(lock);
    await moveInto(draft, path, { sync: true });
  }

  /** A state.json that can't be read is never written over; it is kept beside the new one. */
  async #moveBrokenAside(path: string, text: string | undefined): Promise<void> {
    if (text === undefined || text === this.#lastText) return;
    if (ifReadable(() => parseStateText(text, path, this.name)) !== undefined) return;
    await rename(path, `${path}.unreadable-${new Date().toISOString().replaceAll(':', '-')}`);
  }

  /** What the original (or a hand) wrote since our newest version becomes a version of its own before it is replaced. */
  async #keepForeignState(text: string | undefined, newest: number): Promise<number> {
    const path = this.#folder.state(this.name);
    if (text === undefined || text === this.#lastText) return newest;
    const halves = ifReadable(() => parseStateText(text, path, this.name));
    if (halves === undefined) return newest;
    const kept = newest === 0 ? undefined : await readVersion(this.#folder, this.name, newest);
    if (kept !== undefined && stateText(kept) === stateText(halves)) return newest;
    const savedAt = (await modified(path)) ?? new Date();
    await writeVersion(this.#folder, {
      stateId: this.name,
      version: newest + 1,
      savedAt,
      runId: undefined,
      mode: 'edit',
      ...halves,
    });
    return newest + 1;
  }

  #prune(): Promise<void> {
    return pruneVersions(this.#folder, this.name, this.grant.files.retention, this.#versionMarks);
  }
}

async function folderNames(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => entry.name);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function listingOf(folder: StateFolder, stateId: string): Promise<StateListing | undefined> {
  const path = folder.state(stateId);
  const [text, updatedAt] = [await readIfPresent(path), await modified(path)];
  if (text === undefined) return undefined;
  return { stateId, status: statusOf(ifReadable(() => parseStateText(text, path, stateId))), updatedAt };
}

async function inBatches<A, B>(items: A[], size: number, work: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (let start = 0; start < items.length; start += size) {
    results.push(...(await Promise.all(items.slice(start, start + size).map(work))));
  }
  return results;
}

async function coded<T>(folder: StateFolder, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explainFileError(error, folder.root);
  }
}
