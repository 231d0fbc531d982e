/**
 * Leases as one object a name, changed only by conditional writes: who writes it has seen the record that he replaces.
 *
 *   acquire   put token n + 1 over the record that was seen, unless its holder lives; then fence off the old holder
 *   renew     put the same record over itself: proof that it is still in force, and a new heartbeat
 *   release   put a record that nobody holds; it stays, since tokens must never go back
 *   others' release   put token n + 1 that nobody holds; then fence off the old holder
 *
 * The fence. Lease and state are two objects, and no store changes two at once. A holder that was looked for in vain (it
 * hangs, its host sleeps, its request waits in a network) may wake up between its last look at the lease and its write. So
 * state.json itself must refuse it: every write of a state is conditional on the version of state.json that the holder has
 * seen, it looks at its lease after it has seen that, and who takes a lease over puts state.json over itself with its own
 * token in it before it goes on.
 *
 *   seen before the fence: the version is another one now and never comes back, since all that is written from here on
 *                          holds a later token; the write is refused
 *   seen after the fence:  the look at the lease that follows finds it taken over
 *
 * Where no state.json is, nothing can be fenced, and none is made for it (the original would list it): the very first
 * checkpoint of the old holder can then still come late. It is a state that a target has confirmed, and the new holder's
 * first save finds it, keeps it as a version, and replaces it. And a text that only the original has written can come back
 * where the original writes it once more within that moment.
 */
import { randomUUID } from 'node:crypto';
import type { VersionRetention } from '../kept-versions.js';
import { leaseLost, leaseUnknown } from '../lease-errors.js';
import {
  type CurrentLease,
  isByAnother,
  type LeaseRecord,
  newLeaseRecord,
  parseLeaseRecord,
  toCurrentLease,
  withoutHeld,
} from '../lease-record.js';
import { judgeOwner, type Takeover } from '../lease-verdict.js';
import type { LockTimes } from '../lock-text.js';
import type { AcquiredLease, AcquireOptions, HeldLease, Lease, LeaseHolder } from '../port.js';
import type { ObjectLayout } from './layout.js';
import { type ObjectStore, putOver } from './object-store.js';
import { namesIn, readAll } from './read-all.js';
import { withToken } from './stamp.js';

export interface StateObjects {
  store: ObjectStore;
  layout: ObjectLayout;
  lockTimes: LockTimes;
  retention: VersionRetention;
  /** Throws STATE_BACKEND_REFUSED where the store's conditions have no effect; asks it once. */
  checkStore(): Promise<void>;
}

export interface ObjectLeaseGrant {
  objects: StateObjects;
  record: LeaseRecord;
  text: string;
  /** Of the lease's object, as we have left it. */
  version: string;
  validUntil: number;
}

interface SeenLease {
  lease: CurrentLease;
  version: string;
  now: Date;
}

export async function acquireLease(
  objects: StateObjects,
  name: string,
  options: AcquireOptions,
): Promise<{ kind: 'acquired'; grant: ObjectLeaseGrant; tookFrom: AcquiredLease['tookFrom'] } | HeldLease> {
  objects.layout.check(name);
  for (;;) {
    const [seen] = await Promise.all([readLease(objects, name), objects.checkStore()]);
    const record = newLeaseRecord(name, seen?.lease, options);
    const reason = seen?.lease.held ? await takeoverOf(seen, options) : undefined;
    if (seen?.lease.held && reason === undefined)
      return { kind: 'held', holder: withoutHeld(seen.lease), now: seen.now };
    const started = performance.now();
    const put = await putRecord(objects, record, seen);
    if (put === undefined) continue;
    if (reason !== undefined) await fence(objects, record);
    const grant = { objects, record, ...put, validUntil: started + record.lifeSeconds * 1000 };
    const tookFrom = seen !== undefined && reason !== undefined ? { ...withoutHeld(seen.lease), reason } : undefined;
    return { kind: 'acquired', grant, tookFrom };
  }
}

async function takeoverOf({ lease, now }: SeenLease, { force = false }: AcquireOptions): Promise<Takeover> {
  const verdict = await judgeOwner(lease.owner, force);
  return verdict(lease.expiresAt, now);
}

export async function listLeases(objects: StateObjects): Promise<LeaseHolder[]> {
  const names = await namesIn(objects.store.folders(objects.layout.ownBase()));
  const leases = await readAll(names, async (name) => (await readLease(objects, name))?.lease);
  return leases.filter(({ held }) => held).map(withoutHeld);
}

export async function releaseHeldLease(objects: StateObjects, name: string): Promise<LeaseHolder> {
  objects.layout.check(name);
  for (;;) {
    const seen = await readLease(objects, name);
    if (!seen?.lease.held) throw leaseUnknown(name);
    const record = { ...newLeaseRecord(name, seen.lease, { owner: seen.lease.owner }), held: false };
    if ((await putRecord(objects, record, seen)) === undefined) continue;
    await fence(objects, record);
    return withoutHeld(seen.lease);
  }
}

export class ObjectLease implements Lease {
  readonly name: string;
  readonly token: number;
  protected readonly grant: ObjectLeaseGrant;

  constructor(grant: ObjectLeaseGrant) {
    this.name = grant.record.name;
    this.token = grant.record.token;
    this.grant = grant;
  }

  validUntil(): number {
    return this.grant.validUntil;
  }

  /** One request that only the lease in force allows. */
  async renew(): Promise<void> {
    const { objects, record, text } = this.grant;
    const started = performance.now();
    const key = objects.layout.lease(this.name);
    const version = record.held ? await putOver(objects.store, key, text, this.grant) : undefined;
    if (version === undefined) throw await this.#lost();
    this.grant.version = version;
    this.grant.validUntil = started + record.lifeSeconds * 1000;
  }

  async release(): Promise<void> {
    const { grant } = this;
    grant.validUntil = 0;
    if (!grant.record.held) return;
    grant.record = { ...grant.record, held: false };
    await putRecord(grant.objects, grant.record, grant);
  }

  async #lost(): Promise<Error> {
    const { objects, record } = this.grant;
    const current = (await readLease(objects, this.name))?.lease;
    const holder = current?.held && current.token !== this.token ? withoutHeld(current) : undefined;
    return leaseLost(this.name, this.token, { holder, takenOver: isByAnother(current, record) });
  }
}

async function readLease({ store, layout }: StateObjects, name: string): Promise<SeenLease | undefined> {
  const object = await store.get(layout.lease(name));
  if (object === undefined) return undefined;
  const { text, version, modifiedAt, now } = object;
  // A text that can't be read was no lease of ours; the first token after it is 2.
  return { lease: toCurrentLease(parseLeaseRecord(text, name, 1, modifiedAt), modifiedAt), version, now };
}

/** Undefined where the record is not the one that was seen. The nonce makes no two texts equal. */
async function putRecord({ store, layout }: StateObjects, record: LeaseRecord, seen: { version: string } | undefined) {
  const text = JSON.stringify({ ...record, nonce: randomUUID() });
  const version = await putOver(store, layout.lease(record.name), text, seen);
  return version === undefined ? undefined : { text, version };
}

/** Makes state.json another version, with the same state: no write that has seen the one before can take effect. */
async function fence({ store, layout }: StateObjects, { name, token }: LeaseRecord): Promise<void> {
  const key = layout.state(name);
  for (;;) {
    const seen = await store.get(key);
    const text = seen && withToken(seen.text, store.nameOf(key), name, token, seen.modifiedAt);
    // Nothing there, or nothing that could be kept as it is while it is changed.
    if (seen === undefined || text === undefined) return;
    if ((await putOver(store, key, text, seen)) !== undefined) return;
  }
}
