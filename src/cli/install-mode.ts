import type { OptionsOf } from '../option-definition.js';
import type { installDefinitions } from './options/common.js';

/** `auto` where no flag says otherwise; the setting `auto_install: false` counts as `--no-install`. */
export function installMode(
  flags: OptionsOf<typeof installDefinitions>,
  autoInstall: unknown,
): 'auto' | 'skip' | 'only' {
  if (flags.onlyInstall === true) return 'only';
  if (flags.install !== undefined) return flags.install ? 'auto' : 'skip';
  return autoInstall === false ? 'skip' : 'auto';
}
