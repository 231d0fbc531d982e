import type { Lease } from '../../state/port.js';

const retryMilliseconds = 1_000;
const giveUpMilliseconds = 600_000;

/**
 * Releases a lease. While the store is unreachable, it is tried again in the background: other runs would find the holder alive
 * for as long as this process lives. When the process ends, the lease is free anyway.
 */
export async function releaseLease(lease: Lease, giveUpAt = performance.now() + giveUpMilliseconds): Promise<void> {
  try {
    await lease.release();
  } catch {
    if (performance.now() < giveUpAt) setTimeout(() => void releaseLease(lease, giveUpAt), retryMilliseconds).unref();
  }
}
