/** State in an object store, in the original's layout: see layout.ts, and leases.ts for what keeps two writers apart. */
import { hasCode } from '../../errors.js';
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
import { type Halves, stateText } from '../state-document.js';
import { ifReadable, statusOf } from '../state-text.js';
import { checkConditionalWrites } from './conditional-writes.js';
import { ObjectLayout } from './layout.js';
import { acquireLease, listLeases, ObjectLease, releaseHeldLease, type StateObjects } from './leases.js';
import { type ObjectStore, putOver, type StoredObject } from './object-store.js';
import { namesIn, readAll } from './read-all.js';
import { parseStamped, type Stamp, stampedText } from './stamp.js';
import { listVersions, pruneVersions, readVersion, readVersions, writeVersion } from './versions.js';
import { takeWriteLock } from './write-lock.js';

export interface ObjectStateSettings {
  store: ObjectStore;
  prefix: string;
  lockTimeoutSeconds?: number | undefined;
  lockRetrySeconds?: number | undefined;
  keptVersions?: VersionRetention | undefined;
}

/** Asks the store nothing yet. */
export function createObjectState(settings: ObjectStateSettings): StateBackend {
  const { store, prefix, lockTimeoutSeconds = 10, lockRetrySeconds = 1 } = settings;
  const layout = new ObjectLayout(prefix);
  let checked: Promise<void> | undefined;
  return new ObjectStateBackend({
    store,
    layout,
    lockTimes: { timeoutSeconds: lockTimeoutSeconds, retrySeconds: lockRetrySeconds },
    retention: settings.keptVersions ?? keptVersions,
    checkStore: () => {
      checked ??= checkConditionalWrites(store, layout).catch((error: unknown) => {
        checked = undefined;
        throw error;
      });
      return checked;
    },
  });
}

class ObjectStateBackend implements StateBackend {
  readonly kind: string;
  readonly location: string;
  readonly leases: LeaseStore<ObjectStateLease>;
  readonly #objects: StateObjects;

  constructor(objects: StateObjects) {
    this.kind = objects.store.kind;
    this.location = objects.store.nameOf(objects.layout.base()).replace(/\/$/, '');
    this.leases = new ObjectLeaseStore(objects);
    this.#objects = objects;
  }

  async read(stateId: string): Promise<StoredState | undefined> {
    const { store, layout } = this.#objects;
    layout.check(stateId);
    const key = layout.state(stateId);
    const object = await store.get(key);
    if (object === undefined) return undefined;
    const { halves, stamp } = parseStamped(object.text, store.nameOf(key), stateId);
    const version = stamp?.version ?? (await listVersions(this.#objects, stateId))[0]?.version ?? 0;
    return { stateId, ...halves, version, updatedAt: stamp?.savedAt ?? object.modifiedAt };
  }

  async list(pattern?: string): Promise<StateListing[]> {
    const { store, layout } = this.#objects;
    const matches = patternMatcher(pattern);
    const beginning = pattern?.split('*', 1)[0] ?? '';
    const folders = await namesIn(store.folders(layout.base() + beginning));
    const stateIds = folders.filter((name) => !layout.isOwn(name) && matches(name));
    const listings = await readAll(stateIds, (stateId) => this.#listingOf(stateId));
    return listings.sort((a, b) => (a.stateId < b.stateId ? -1 : 1));
  }

  clear(lease: StateLease): Promise<boolean> {
    if (!(lease instanceof ObjectStateLease)) throw new TypeError('The lease is of another state backend.');
    return lease.clear();
  }

  async versions(stateId: string, limit: number = Number.MAX_SAFE_INTEGER): Promise<StateVersion[]> {
    const { store, layout } = this.#objects;
    layout.check(stateId);
    const key = layout.state(stateId);
    const [marks, object] = await Promise.all([listVersions(this.#objects, stateId), store.get(key)]);
    const state = object && ifReadable(() => parseStamped(object.text, store.nameOf(key), stateId));
    const current = state && versionOf(stateId, state.halves, state.stamp);
    const isKept = current === undefined || marks.some(({ version }) => version === current.version);
    const newest = isKept ? [] : [current];
    return [...newest, ...(await readVersions(this.#objects, stateId, marks.slice(0, limit - newest.length)))];
  }

  close(): Promise<void> {
    return this.#objects.store.close();
  }

  async #listingOf(stateId: string): Promise<StateListing | undefined> {
    const { store, layout } = this.#objects;
    const key = layout.state(stateId);
    const object = await store.get(key);
    // A lock that was left behind makes a folder too.
    if (object === undefined) return undefined;
    const state = ifReadable(() => parseStamped(object.text, store.nameOf(key), stateId));
    return { stateId, status: statusOf(state?.halves), updatedAt: state?.stamp?.savedAt ?? object.modifiedAt };
  }
}

class ObjectLeaseStore implements LeaseStore<ObjectStateLease> {
  readonly #objects: StateObjects;

  constructor(objects: StateObjects) {
    this.#objects = objects;
  }

  async acquire(name: string, options: AcquireOptions): Promise<AcquiredLease<ObjectStateLease> | HeldLease> {
    const answer = await acquireLease(this.#objects, name, options);
    if (answer.kind === 'held') return answer;
    return { kind: 'acquired', lease: new ObjectStateLease(answer.grant), tookFrom: answer.tookFrom };
  }

  list(): Promise<LeaseHolder[]> {
    return listLeases(this.#objects);
  }

  releaseHeld(name: string): Promise<LeaseHolder> {
    return releaseHeldLease(this.#objects, name);
  }
}

/** state.json as this lease has seen or left it. */
interface OpenState {
  seen: { version: string } | undefined;
  /** Undefined if it is missing or unreadable. */
  halves: Halves | undefined;
  text: string | undefined;
  /** Of the newest version. */
  newest: number;
}

class ObjectStateLease extends ObjectLease implements StateLease {
  #open: OpenState | undefined;
  #versions: VersionMark[] = [];

  save(write: StateWrite): Promise<SavedState> {
    return this.#write(async (open) => {
      // A completed write must cure a state that can't be read, so only a partial one reads it.
      if (write.mode === 'partial' && open.text !== undefined && open.halves === undefined) this.#parse(open.text);
      const mode = write.edit ? ('edit' as const) : write.mode;
      return this.#replace(open, applyWrite(open.halves, write), mode, write.runId);
    });
  }

  clear(): Promise<boolean> {
    const { store, layout } = this.grant.objects;
    return this.#write(async (open) => {
      if (open.text === undefined) {
        await this.renew();
        return false;
      }
      // Emptied under the same conditions as any write, and only then removed.
      if ((await this.#replace(open, { completed: {}, partial: {} }, 'clear', undefined)) === undefined)
        return undefined;
      await store.delete(layout.state(this.name), this.#open?.seen);
      this.#open = undefined;
      return true;
    });
  }

  /** Under the original's lock; `work` gives undefined where state.json was another one than it had seen: then all begins again. */
  async #write<T>(work: (open: OpenState) => Promise<T | undefined>): Promise<T> {
    const { store, layout, lockTimes } = this.grant.objects;
    const unlock = await takeWriteLock(store, layout.lock(this.name), this.name, lockTimes);
    try {
      for (;;) {
        this.#open ??= await this.#read();
        const result = await work(this.#open);
        if (result !== undefined) return result;
        this.#open = undefined;
      }
    } finally {
      await tidyUp(unlock);
    }
  }

  /** The lease is looked at (renewed) after state.json was seen and right before it is written: see leases.ts. */
  async #replace(
    open: OpenState,
    halves: Halves,
    mode: StateVersion['mode'],
    runId: string | undefined,
  ): Promise<SavedState | undefined> {
    const { objects } = this.grant;
    const { store, layout } = objects;
    const version = open.newest + 1;
    const savedAt = new Date();
    const text = stampedText(halves, { token: this.token, version, runId, mode, savedAt });
    await this.#keepUnreadable(open);
    await this.renew();
    const put = await putOver(store, layout.state(this.name), text, open.seen);
    if (put === undefined) return undefined;
    this.#open = { seen: { version: put }, halves, text, newest: version };
    await tidyUp(async () => {
      await writeVersion(objects, { stateId: this.name, version, savedAt, runId, mode, token: this.token, ...halves });
      this.#versions = await pruneVersions(objects, this.name, [{ version, runId, savedAt }, ...this.#versions]);
    });
    return { version, savedAt };
  }

  /** What is there, with a version of its own for all of it: our own, or what the original (or a hand) wrote since. */
  async #read(): Promise<OpenState> {
    const { objects } = this.grant;
    const { store, layout } = objects;
    // In this order: one that has lost its lease meanwhile then keeps what it finds under the number that the new holder gives it.
    const versions = await listVersions(objects, this.name);
    const object = await store.get(layout.state(this.name));
    this.#versions = versions;
    const newest = versions[0]?.version ?? 0;
    const state = object && ifReadable(() => this.#parse(object.text));
    const open = { seen: object, halves: state?.halves, text: object?.text };
    if (object === undefined || state === undefined) return { ...open, newest };
    const kept = versionOf(this.name, state.halves, state.stamp) ?? (await this.#foreign(object, state));
    if (kept === undefined || versions.some(({ version }) => version === kept.version)) return { ...open, newest };
    await writeVersion(objects, kept);
    this.#versions = [kept, ...versions];
    return { ...open, newest: Math.max(newest, kept.version) };
  }

  /** A version for what another program wrote; none if it equals our newest version. */
  async #foreign(
    object: StoredObject,
    { halves, stamp }: { halves: Halves; stamp: Stamp | undefined },
  ): Promise<StateVersion | undefined> {
    const [newest] = this.#versions;
    const kept = newest && (await readVersion(this.grant.objects, this.name, newest));
    if (kept !== undefined && stateText(kept) === stateText(halves)) return undefined;
    const savedAt = stamp?.savedAt ?? object.modifiedAt;
    const version = (newest?.version ?? 0) + 1;
    return { stateId: this.name, version, savedAt, runId: undefined, mode: 'edit', ...halves };
  }

  /** A state.json that can't be read is never written over; it is kept beside. */
  async #keepUnreadable({ text, halves }: OpenState): Promise<void> {
    const { store, layout } = this.grant.objects;
    if (text !== undefined && halves === undefined) await store.put(layout.unreadable(this.name, new Date()), text);
  }

  #parse(text: string) {
    const { store, layout } = this.grant.objects;
    return parseStamped(text, store.nameOf(layout.state(this.name)), this.name);
  }
}

/** A version that has no object of its own yet; it is in state.json. */
function versionOf(stateId: string, halves: Halves, stamp: Stamp | undefined): StateVersion | undefined {
  if (stamp?.version === undefined) return undefined;
  const { version, savedAt, runId, mode = 'completed' } = stamp;
  return { stateId, version, savedAt, runId, mode, ...halves };
}

/** Cleans up after a write that has taken effect. If the store becomes unreachable, the next writer does it. */
async function tidyUp(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!hasCode(error, 'STATE_BACKEND_UNREACHABLE')) throw error;
  }
}
