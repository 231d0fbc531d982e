import type { Lease } from '../../state/port.js';

const againMilliseconds = 1_000;
const longestMilliseconds = 600_000;

/**
 * Gives a lease back; where the store can't take it now, it is tried again beside the run: others would find its holder alive
 * for as long as this process lives. With the process it is free anyway.
 */
export async function giveBack(lease: Lease, giveUpAt = performance.now() + longestMilliseconds): Promise<void> {
  try {
    await lease.release();
  } catch {
    if (performance.now() < giveUpAt) setTimeout(() => void giveBack(lease, giveUpAt), againMilliseconds).unref();
  }
}
