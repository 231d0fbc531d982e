/** Who may take a lease that somebody holds: one rule for all backends. */
import { stateOfOtherProject } from './lease-errors.js';
import { livenessOf } from './owner.js';
import type { AcquireOptions, LeaseOwner } from './port.js';

export const leaseLifeSeconds = 60;

/** Why a held lease may be taken, or `undefined` where it may not. */
export type Takeover = 'dead' | 'expired' | 'forced' | undefined;

/** Both times by the backend's clock. */
export type Verdict = (expiresAt: Date, now: Date) => Takeover;

/**
 * On this host (same boot, same PID namespace) the process itself decides: dead means free at once, alive means held
 * even past its end, so that a jump of the wall clock or a sleeping laptop costs nobody a lease. A holder that can't be
 * seen from here is believed until its end.
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
 * Whose the lease is from now on; `last`: whose it was. Who has no project ID is refused nothing, and leaves the mark as it is.
 * Throws STATE_OF_OTHER_PROJECT, also where another project's run still holds it: waiting for that would not help.
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
