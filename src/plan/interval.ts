import { TaplineError } from '../errors.js';

/** Cron for the names of intervals; null for those that no clock starts. */
const crons: Readonly<Record<string, string | null>> = {
  '@once': null,
  '@manual': null,
  '@none': null,
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/** Five fields of cron, or null where only a person starts it. Whatever else a file holds is passed on as it is. */
export function cronOf(interval: string): string | null {
  return Object.hasOwn(crons, interval) ? (crons[interval] ?? null) : interval;
}

/** Throws SCHEDULE_INVALID for what is neither an alias nor five fields of cron. */
export async function checkInterval(interval: string): Promise<void> {
  const cron = cronOf(interval);
  if (cron === null) return;
  const { Cron } = await import('croner');
  try {
    if (cron.trim().split(/\s+/).length !== 5) throw new Error('it does not have five fields');
    new Cron(cron, { paused: true, mode: '5-part' });
  } catch (error) {
    throw new TaplineError(
      'SCHEDULE_INVALID',
      `Invalid Cron expression or alias: '${interval}'. Please use a valid cron expression.`,
      { cause: error, hint: `Five fields such as '0 3 * * 1-5', or one of ${Object.keys(crons).join(', ')}.` },
    );
  }
}

/**
 * The next time after `now` by the clocks of this zone: one that they leave out when they go forward comes when they have, and of one
 * that comes twice only the first counts. Undefined where no clock starts it, or the text is not cron.
 */
export async function nextTime(interval: string, now: Date, timezone = 'UTC'): Promise<Date | undefined> {
  const cron = cronOf(interval);
  if (cron === null) return undefined;
  const { Cron } = await import('croner');
  try {
    return new Cron(cron, { paused: true, timezone }).nextRun(now) ?? undefined;
  } catch {
    return undefined;
  }
}
