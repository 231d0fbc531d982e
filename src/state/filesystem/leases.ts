/**
 * Leases as numbered files. The number is the token: `lease.7.json` can be created once only, by one process, and the
 * highest number is the lease in force, held or given back. So tokens only grow, two who reclaim at once can't both
 * win, and a crash between any two steps leaves either the old record in force or the new one.
 *
 *   acquire   create n + 1 (a link: the record appears whole), unless the holder of n lives
 *   renew     replace n by rename; only its holder writes it, and where n + 1 exists it changes nothing
 *   release   replace n by a record that nobody holds
 *   others' release   create n + 1 as a record that nobody holds
 *   check     is there no n + 1?
 *
 * Old records stay for a while, since a slow process might otherwise create a number that is long past and find
 * nothing above it.
 */
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { TaplineError } from '../../errors.js';
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
import {
  createFrom,
  type Draft,
  exists,
  modified,
  moveInto,
  namesIn,
  readIfPresent,
  remove,
  writeDraft,
} from './files.js';
import { checkFolderName, type StateFolder } from './layout.js';
import { withWriteLock } from './write-lock.js';

const keptRecords = 16;
const leftoverDraftHours = 1;

export interface LeaseFiles {
  folder: StateFolder;
  lockTimes: LockTimes;
  /** For tests; the file system's own clock otherwise. */
  clock: (() => Date) | undefined;
  retention: VersionRetention;
}

export interface FileLeaseGrant {
  files: LeaseFiles;
  record: LeaseRecord;
  validUntil: number;
}

export async function acquireLease(
  files: LeaseFiles,
  name: string,
  options: AcquireOptions,
): Promise<{ kind: 'acquired'; grant: FileLeaseGrant; tookFrom: AcquiredLease['tookFrom'] } | HeldLease> {
  checkFolderName(name);
  for (;;) {
    const current = await currentLease(files, name);
    const verdict = current?.held ? await judgeOwner(current.owner, options.force ?? false) : undefined;
    const started = performance.now();
    const record = newLeaseRecord(name, current, options);
    const draft = await draftRecord(files, record);
    try {
      const reason = current?.held ? verdict?.(current.expiresAt, draft.writtenAt) : undefined;
      if (current?.held && reason === undefined) {
        return { kind: 'held', holder: withoutHeld(current), now: draft.writtenAt };
      }
      if (!(await createInTurn(files, record, draft, current, reason))) continue;
      await removeOld(files, record);
      const grant = { files, record, validUntil: started + record.lifeSeconds * 1000 };
      const tookFrom = current !== undefined && reason !== undefined ? { ...withoutHeld(current), reason } : undefined;
      return { kind: 'acquired', grant, tookFrom };
    } finally {
      await remove(draft.path);
    }
  }
}

export async function listLeases(files: LeaseFiles): Promise<LeaseHolder[]> {
  const holders: LeaseHolder[] = [];
  for (const name of (await namesIn(files.folder.ownRoot())).sort()) {
    const current = await currentLease(files, name);
    if (current?.held) holders.push(withoutHeld(current));
  }
  return holders;
}

export async function releaseHeldLease(files: LeaseFiles, name: string): Promise<LeaseHolder> {
  checkFolderName(name);
  for (;;) {
    const current = await currentLease(files, name);
    if (!current?.held) throw leaseUnknown(name);
    const record = { ...newLeaseRecord(name, current, { owner: current.owner }), held: false };
    const draft = await draftRecord(files, record);
    try {
      if (await createInTurn(files, record, draft, current, 'forced')) return withoutHeld(current);
    } finally {
      await remove(draft.path);
    }
  }
}

export class FileLease implements Lease {
  readonly name: string;
  readonly token: number;
  protected readonly grant: FileLeaseGrant;

  constructor(grant: FileLeaseGrant) {
    this.name = grant.record.name;
    this.token = grant.record.token;
    this.grant = grant;
  }

  validUntil(): number {
    return this.grant.validUntil;
  }

  async renew(): Promise<void> {
    await this.check();
    const started = performance.now();
    await this.#replace(this.grant.record);
    await this.check();
    this.grant.validUntil = started + this.grant.record.lifeSeconds * 1000;
  }

  async release(): Promise<void> {
    this.grant.validUntil = 0;
    if (!this.grant.record.held || (await this.#isPast())) return;
    const record = { ...this.grant.record, held: false };
    await this.#replace(record);
    this.grant.record = record;
  }

  /** Throws LEASE_LOST once there is a later lease, STATE_NOT_SAVED where the folder is not the one any more in which it was taken. */
  async check(): Promise<void> {
    const { files, record } = this.grant;
    if (record.held && !(await this.#isPast())) {
      const path = files.folder.lease(record.name, record.token);
      if (await exists(path)) return;
      throw folderIsAway(files.folder.root, path);
    }
    const current = await currentLease(files, record.name);
    const holder = current?.held ? withoutHeld(current) : undefined;
    throw leaseLost(record.name, record.token, { holder, takenOver: isByAnother(current, record) });
  }

  #isPast(): Promise<boolean> {
    return isPast(this.grant.files, this.grant.record);
  }

  async #replace(record: LeaseRecord): Promise<void> {
    const { files } = this.grant;
    const draft = await draftRecord(files, record);
    await moveInto(draft, files.folder.lease(record.name, record.token), { sync: false });
  }
}

function isPast({ folder }: LeaseFiles, { name, token }: LeaseRecord): Promise<boolean> {
  return exists(folder.lease(name, token + 1));
}

/**
 * A holder that may still live could be in the middle of a write: then its write lock is waited for, so that what it
 * writes is there before the new holder reads. False where another was faster.
 */
async function createInTurn(
  files: LeaseFiles,
  record: LeaseRecord,
  draft: Draft,
  current: CurrentLease | undefined,
  reason: Takeover,
): Promise<boolean> {
  const { folder, lockTimes } = files;
  const create = async () => {
    const path = folder.lease(record.name, record.token);
    if (!(await createFrom(draft, path))) return false;
    if (!(await isPast(files, record))) return true;
    await remove(path);
    return false;
  };
  if (reason === undefined) return create();
  const deadPid = reason === 'dead' ? current?.owner.pid : undefined;
  return withWriteLock(folder, record.name, lockTimes, create, deadPid);
}

async function draftRecord({ folder, clock }: LeaseFiles, record: LeaseRecord): Promise<Draft> {
  const draft = await writeDraft(folder.own(record.name), JSON.stringify(record), { sync: false });
  if (clock === undefined) return draft;
  const now = clock();
  await utimes(draft.path, now, now);
  return { path: draft.path, writtenAt: now };
}

async function currentLease(files: LeaseFiles, name: string): Promise<CurrentLease | undefined> {
  for (;;) {
    const token = Math.max(0, ...(await recordTokens(files, name)));
    if (token === 0) return undefined;
    const path = files.folder.lease(name, token);
    const [text, heartbeatAt] = [await readIfPresent(path), await modified(path)];
    // Gone between the two looks: there are newer ones.
    if (text === undefined || heartbeatAt === undefined) continue;
    return toCurrentLease(parseLeaseRecord(text, name, token, heartbeatAt), heartbeatAt);
  }
}

async function recordTokens({ folder }: LeaseFiles, name: string): Promise<number[]> {
  const names = await namesIn(folder.own(name));
  return names.map((file) => Number(/^lease\.(\d+)\.json$/.exec(file)?.[1] ?? 0)).filter((token) => token > 0);
}

/** As when a network disk is no longer mounted: what is written there now would be lost when it is back. */
function folderIsAway(root: string, path: string): TaplineError {
  return new TaplineError(
    'STATE_NOT_SAVED',
    `The state folder ${root} has changed: the record of this run's lease is gone.`,
    {
      hint: 'It may have been moved or removed, or its disk is no longer mounted.',
      data: { path },
    },
  );
}

async function removeOld(files: LeaseFiles, { name, token }: LeaseRecord): Promise<void> {
  const { folder } = files;
  for (const old of await recordTokens(files, name)) {
    if (old <= token - keptRecords) await remove(folder.lease(name, old));
  }
  for (const file of await namesIn(folder.own(name))) {
    if (!file.startsWith('draft-')) continue;
    const path = join(folder.own(name), file);
    const written = await modified(path);
    if (written !== undefined && Date.now() - written.getTime() > leftoverDraftHours * 3_600_000) await remove(path);
  }
}
