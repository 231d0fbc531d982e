import { hasCode, isStoreAway, TaplineError } from '../../errors.js';
import type { Lease } from '../../state/port.js';

const renewEverySeconds = 5;
const retryAfterSeconds = 1;
/** The holder stops this long before the lease expires, so that its last write has ended by then. */
const marginSeconds = 5;

/** After a failed release, wait this long before the next try. */
const releaseRetryMilliseconds = 1_000;
/** How long to keep trying. */
const giveUpMilliseconds = 600_000;

export interface KeptLease {
  /** Stops renewing; waits for a renewal that is under way. */
  stop(): Promise<void>;
}

/**
 * Renews a lease until stopped. Calls `onLost` once: when another run holds it, or when it could not be renewed before it expired
 * (by this process's monotonic clock, so that a jump of the wall clock changes nothing).
 */
export function keepLease(lease: Lease, onLost: (error: TaplineError) => void): KeptLease {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let renewing: Promise<void> = Promise.resolve();

  const later = (seconds: number) => {
    if (stopped) return;
    timer = setTimeout(() => {
      renewing = renew();
    }, seconds * 1000);
  };
  const lost = (error: TaplineError) => {
    if (stopped) return;
    stopped = true;
    onLost(error);
  };
  const renew = async (): Promise<void> => {
    try {
      await lease.renew();
      later(renewEverySeconds);
    } catch (error) {
      if (hasCode(error, 'LEASE_LOST')) lost(error);
      else if (secondsLeft(lease) <= 0) lost(notRenewed(lease, error));
      else later(Math.min(retryAfterSeconds, secondsLeft(lease)));
    }
  };

  later(renewEverySeconds);
  return {
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      return renewing;
    },
  };
}

/** How long the holder may still write. */
function secondsLeft(lease: Lease): number {
  return (lease.validUntil() - performance.now()) / 1000 - marginSeconds;
}

function notRenewed(lease: Lease, cause: unknown): TaplineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TaplineError('LEASE_LOST', `lease on '${lease.name}' could not be renewed before it expired: ${reason}`, {
    hint: 'Check that the state backend is reachable, then run again: the next run continues from the last saved state.',
    cause,
  });
}

/**
 * Releases a lease. While the store is unreachable, it is tried again in the background: other runs would find the holder alive
 * for as long as this process lives. When the process ends, the lease is free anyway.
 */
export async function releaseLease(lease: Lease, giveUpAt = performance.now() + giveUpMilliseconds): Promise<void> {
  try {
    await lease.release();
  } catch {
    if (performance.now() < giveUpAt)
      setTimeout(() => void releaseLease(lease, giveUpAt), releaseRetryMilliseconds).unref();
  }
}

/** Whether a write under the lease that failed may succeed later: the store is unreachable, and the lease still valid. */
export function canRetryUnder(lease: Lease, error: unknown): boolean {
  return isStoreAway(error) && secondsLeft(lease) > 0;
}
