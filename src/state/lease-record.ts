/** A lease as file and object stores keep it. When it was written is its last heartbeat, by the clock of the store. */

import { isMap } from '../values.js';
import { leaseLifeSeconds, projectAfter } from './lease-verdict.js';
import type { AcquireOptions, LeaseHolder, LeaseOwner } from './port.js';

export interface LeaseRecord {
  name: string;
  token: number;
  held: boolean;
  owner: LeaseOwner;
  acquiredAt: string;
  lifeSeconds: number;
  /** Kept when the lease is released, also by another program. */
  projectId?: string | undefined;
}

/** A record with the time of its last heartbeat. */
export type CurrentLease = LeaseHolder & { held: boolean };

/** The next lease after `current`. Throws STATE_OF_OTHER_PROJECT. */
export function newLeaseRecord(
  name: string,
  current: CurrentLease | undefined,
  { owner, lifeSeconds = leaseLifeSeconds, ...project }: AcquireOptions,
): LeaseRecord {
  return {
    name,
    token: (current?.token ?? 0) + 1,
    held: true,
    owner,
    acquiredAt: new Date().toISOString(),
    lifeSeconds,
    projectId: projectAfter(name, current?.projectId, project),
  };
}

/** A record that can't be read (its writer was cut off) counts as held by an unknown run until it expires. */
export function parseLeaseRecord(text: string, name: string, token: number, writtenAt: Date): LeaseRecord {
  const nobody = {
    runId: '',
    host: 'unknown',
    pid: 0,
    pidStart: '',
    bootId: '',
    pidNamespace: '',
    user: '',
    command: '',
  };
  const acquiredAt = writtenAt.toISOString();
  const unknown = { name, token, held: true, owner: nobody, acquiredAt, lifeSeconds: leaseLifeSeconds };
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) && isMap(value.owner) ? ({ ...unknown, ...value } as LeaseRecord) : unknown;
  } catch {
    return unknown;
  }
}

export function toCurrentLease(record: LeaseRecord, heartbeatAt: Date): CurrentLease {
  const { name, token, held, owner, lifeSeconds, projectId } = record;
  const expiresAt = new Date(heartbeatAt.getTime() + lifeSeconds * 1000);
  return { name, token, held, owner, acquiredAt: new Date(record.acquiredAt), heartbeatAt, expiresAt, projectId };
}

export function withoutHeld({ held: _held, ...holder }: CurrentLease): LeaseHolder {
  return holder;
}

/** Releasing another run's lease leaves a later record in the name of that run. */
export function isByAnother(current: CurrentLease | undefined, { token, owner }: LeaseRecord): boolean {
  if (current === undefined || current.token <= token) return false;
  return current.owner.runId !== owner.runId || current.owner.pid !== owner.pid;
}
