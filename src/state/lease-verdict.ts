/** When a held lease may be taken: one rule for all backends. */
import { stateOfOtherProject } from './lease-errors.js';
import { livenessOf } from './owner.js';
import type { AcquireOptions, LeaseOwner } from './port.js';

export const leaseLifeSeconds = 60;

/** Why a held lease may be taken, or `undefined` if it may not. */
export type Takeover = 'dead' | 'expired' | 'forced' | undefined;

/** Both times by the backend's clock. */
export type Verdict = (expiresAt: Date, now: Date) => Takeover;

/**
 * On this host (same boot, same PID namespace) the process itself decides: dead means free at once, alive means held
 * even past its expiry, so that no run loses a lease to a jump of the wall clock or a sleeping laptop. A holder that
 * can't be seen from here counts as alive until its lease expires.
 */
export async function judgeOwner(owner: LeaseOwner, force: boolean): Promise<Verdict> {
  const liveness = await livenessOf(owner);
  return (expiresAt, now) => {
    if (liveness === 'dead') return 'dead';
    if (liveness === 'unknown' && now >= expiresAt) return 'expired';
    return force ? 'forced' : undefined;
  };
}

/**
 * The project that owns the lease from now on; `last` owned it before. A run without a project ID is never refused, and leaves the
 * owner as it is. Throws STATE_OF_OTHER_PROJECT, also if a run of another project still holds the lease: waiting would not help.
 */
export function projectAfter(
  name: string,
  last: string | undefined,
  { projectId, force = false }: Pick<AcquireOptions, 'projectId' | 'force'>,
): string | undefined {
  const isOthers = last !== undefined && projectId !== undefined && last !== projectId;
  if (isOthers && !force) throw stateOfOtherProject(name, last, projectId);
  return projectId ?? last;
}
