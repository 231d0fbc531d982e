/** The words of a run may set variables, some of which are secrets. */
import { pluginsOf } from '../plan/block-plugins.js';
import type { Plan } from '../plan/types.js';
import { splitVariables } from '../plan/words.js';
import { isTellingName } from '../settings/secrets.js';
import type { World } from './types.js';

/** Masks the secrets among them, known by the variable's name or a plugin's setting, before the words are logged or stored. */
export function hideSecretsInWords({ words, groups }: Plan, { mask, settings }: World): void {
  const { env } = splitVariables(words);
  const values = Object.entries(env).filter(([, value]) => value !== '' && !value.includes('$'));
  if (values.length === 0) return;
  mask.add(values.flatMap(([name, value]) => (isSecretName(name) ? [value] : [])));
  for (const block of groups.flatMap(({ blocks }) => blocks)) {
    for (const plugin of pluginsOf(block)) {
      try {
        mask.add(settings.plugin(plugin, { extraEnv: block.env }).secrets);
      } catch {
        // An error in the plugin's settings is reported when its block starts.
      }
    }
  }
}

/** Includes PGPASSWORD and MYSQL_PWD, which database clients read. */
function isSecretName(name: string): boolean {
  return isTellingName(name) || /(?:password|pwd)$/i.test(name);
}
