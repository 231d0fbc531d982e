import type { InstallMode } from '../actions/install-mode.js';
import type { OptionsOf } from '../option-definition.js';
import type { installDefinitions } from './options/common.js';

/** Undefined if no flag is given. */
export function installChoice(flags: OptionsOf<typeof installDefinitions>): InstallMode | undefined {
  if (flags.onlyInstall === true) return 'only';
  if (flags.install === undefined) return undefined;
  return flags.install ? 'auto' : 'skip';
}
