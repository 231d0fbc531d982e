/** Runs of extract-load blocks with their log files, as `logs` shows them. */
import type { MeltanoRun } from '../../../history/port.js';

/** Changes of a state by hand have rows too, but no log. */
export const loggedStates = ['SUCCESS', 'FAIL', 'RUNNING'] as const;

/** As Python writes a time in UTC; null for none. */
export function isoTime(time: Date | undefined, separator: 'T' | ' ' = 'T'): string | null {
  if (time === undefined) return null;
  const [seconds = '', fraction = '000Z'] = time.toISOString().split('.');
  const milliseconds = fraction.slice(0, 3);
  const text = milliseconds === '000' ? seconds : `${seconds}.${milliseconds}000`;
  return `${text.replace('T', separator)}+00:00`;
}

export function secondsOf({ startedAt, endedAt }: MeltanoRun): number | undefined {
  if (startedAt === undefined || endedAt === undefined) return undefined;
  return (endedAt.getTime() - startedAt.getTime()) / 1000;
}
