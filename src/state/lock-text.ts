/**
 * The content of the original's lock: a Unix time, as Python's float() reads it. The digits after the microseconds are
 * our pid, so that a lock that a dead process of ours left behind is recognized, and no one waits ten seconds for it.
 */
import { randomInt } from 'node:crypto';

export interface LockTimes {
  /** A lock that is older counts as left behind. */
  timeoutSeconds: number;
  retrySeconds: number;
}

export function lockText(): string {
  const now = Date.now();
  const micros = (now % 1000) * 1000 + randomInt(1000);
  return `${Math.floor(now / 1000)}.${String(micros).padStart(6, '0')}${String(process.pid).padStart(10, '0')}`;
}

/** The process of ours that wrote it; undefined if the original did. */
export function lockPid(text: string): number | undefined {
  const digits = /^\d+\.\d{6}(\d{10})$/.exec(text.trim())?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** How long to wait for a lock that others keep taking. */
export function maxWaitSeconds({ timeoutSeconds }: LockTimes): number {
  return Math.max(30, 3 * timeoutSeconds);
}
