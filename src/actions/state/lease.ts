/** The lease of a state ID while a person changes the state. */
import { TaplineError } from '../../errors.js';
import type { Session } from '../../session/session.js';
import { leaseHeld } from '../../state/lease-errors.js';
import type { HeldLease, StateLease } from '../../state/port.js';

export interface EditOptions {
  /** Also edits a state of another project, which keeps it. A run's lease is never taken over: the run would save over the edit. */
  force?: boolean | undefined;
  /** Called under the lease; if it throws, nothing is written. */
  check?: (() => Promise<void>) | undefined;
}

/** Holds the lease of a state ID while `work` changes it. Throws LEASE_HELD if a run holds it, and STATE_OF_OTHER_PROJECT. */
export async function withLease<T>(
  session: Session,
  stateId: string,
  work: (lease: StateLease) => Promise<T>,
  { force = false }: EditOptions = {},
): Promise<T> {
  const [{ currentOwner }, { randomUUID }, backend] = await Promise.all([
    import('../../state/owner.js'),
    import('node:crypto'),
    session.state(),
  ]);
  const owner = await currentOwner(randomUUID());
  const projectId = force ? undefined : session.project.projectId;
  const answer = await backend.leases.acquire(stateId, { owner, projectId });
  if (answer.kind === 'held') throw heldByRun(answer);
  const { lease } = answer;
  try {
    return await work(lease);
  } finally {
    await lease.release();
  }
}

/** An edit can't wait for a lease or take it over as a run can, so its hint differs. */
export function heldByRun(held: HeldLease): TaplineError {
  const { message, data } = leaseHeld(held);
  return new TaplineError('LEASE_HELD', message, {
    hint: 'Wait until that run has ended, or stop it. `tapline lease release` frees a lease that no run uses any more.',
    data,
  });
}
