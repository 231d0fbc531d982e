import { leaseHeld } from '../../src/state/lease-errors.js';
import type { AcquiredLease, AcquireOptions, Lease, LeaseStore } from '../../src/state/port.js';

/** Acquires a lease that must be free: throws LEASE_HELD if a living owner holds it. */
export async function takeLease<L extends Lease>(
  leases: LeaseStore<L>,
  name: string,
  options: AcquireOptions,
): Promise<AcquiredLease<L>> {
  const answer = await leases.acquire(name, options);
  if (answer.kind === 'held') throw leaseHeld(answer);
  return answer;
}
