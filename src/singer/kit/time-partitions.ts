import { PluginError } from './plugin-process.js';

/** From `from` to before `to`. */
export interface TimePartition {
  from: Date;
  to: Date;
}

const day = 24 * 60 * 60 * 1000;

/**
 * The time from `from` to `to` in parts of `days` days, ascending; the last one may be shorter. Nothing if `from`
 * is not before `to`. Days are 24 hours, in UTC. Throws PluginError for days that are not a positive number.
 */
export function* timePartitions(from: Date, to: Date, days: number): Generator<TimePartition> {
  if (!(days > 0) || !Number.isFinite(days))
    throw new PluginError(`A partition of ${days} days is not possible; give a positive number.`);
  const step = Math.max(1, Math.round(days * day));
  for (let start = from.getTime(); start < to.getTime(); start += step) {
    yield { from: new Date(start), to: new Date(Math.min(start + step, to.getTime())) };
  }
}

/** Throws PluginError for what is not a date or a time. `what` names it in the message. */
export function readTime(value: unknown, what: string): Date {
  const time = new Date(value instanceof Date || typeof value === 'number' ? value : String(value));
  if (Number.isNaN(time.getTime())) {
    throw new PluginError(
      `${what} is not a date such as 2026-01-31 or 2026-01-31T12:00:00Z: ${JSON.stringify(value)}.`,
    );
  }
  return time;
}
