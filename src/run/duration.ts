import { TaplineError } from '../errors.js';

/** A setting's number of seconds, 0 or more; undefined where it is unset. Throws SETTING_CAST. */
export function secondsOf(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new TaplineError('SETTING_CAST', `${name} is ${JSON.stringify(value)}.`, {
    hint: 'It is a number of seconds, 0 or more.',
  });
}
