import { TaplineError } from '../errors.js';

/** The seconds of a setting, 0 or more; undefined if unset. Throws SETTING_CAST. */
export function secondsOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new TaplineError('SETTING_CAST', `${name} is ${JSON.stringify(value)}, not a number of seconds`, {
    hint: 'Set it to a number of seconds, 0 or more.',
  });
}
