import { TaplineError } from '../../errors.js';
import type { Lease } from '../../state/port.js';

const renewEverySeconds = 5;
const retryAfterSeconds = 1;
/** The holder stops this long before the lease ends, so that its last write is over by then. */
const marginSeconds = 5;

export interface KeptLease {
  /** No more renewals; waits for one that is under way. */
  stop(): Promise<void>;
}

/**
 * Renews a lease until it is stopped. Calls `onLost` once: when another holds it, or when it could not be renewed before its end
 * (by this process's own clock, so that a jump of the wall clock changes nothing).
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
      if (error instanceof TaplineError && error.code === 'LEASE_LOST') lost(error);
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
export function secondsLeft(lease: Lease): number {
  return (lease.validUntil() - performance.now()) / 1000 - marginSeconds;
}

function notRenewed(lease: Lease, cause: unknown): TaplineError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TaplineError('LEASE_LOST', `The lease on ${lease.name} could not be renewed before its end: ${reason}`, {
    hint: 'See that the state backend can be reached, then run again: the next run goes on from the last saved state.',
    cause,
  });
}
