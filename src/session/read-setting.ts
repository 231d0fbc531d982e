/** Project settings in the type that a session needs. */
import { plainNumber } from '../exact-number.js';
import type { SettingsResolver } from '../settings/types.js';
import { filledText } from '../values.js';

/** Undefined also for an empty text. */
export function textSetting(settings: SettingsResolver, name: string): string | undefined {
  return filledText(settings.projectSetting(name));
}

export function numberSetting(settings: SettingsResolver, name: string): number | undefined {
  const value = plainNumber(settings.projectSetting(name));
  return typeof value === 'number' ? value : undefined;
}
