/** Words of a run may set variables, and some of those are secrets. */
import type { Plan } from '../plan/types.js';
import { splitVariables } from '../plan/words.js';
import { isTellingName } from '../settings/secrets.js';
import { pluginsOf } from './claim/claim.js';
import type { SecretMask, World } from './types.js';

/** Hides what such words say of passwords, by their names or as a plugin's setting, before the words are told or kept. */
export function hideSecretsInWords({ words, groups }: Plan, { mask, settings }: World): void {
  const { env } = splitVariables(words);
  const given = Object.entries(env).filter(([, value]) => value !== '' && !value.includes('$'));
  if (given.length === 0) return;
  mask.add(given.flatMap(([name, value]) => (isTelling(name) ? [value] : [])));
  for (const block of groups.flatMap(({ blocks }) => blocks)) {
    for (const plugin of pluginsOf(block)) {
      try {
        mask.add(settings.plugin(plugin, { extraEnv: block.env }).secrets);
      } catch {
        // What is wrong with its settings is told when its block's turn comes.
      }
    }
  }
}

/** A word without a blank or `=` names a job, a plugin or a pipeline; all others hold values that a user wrote. */
export function maskWord(word: string, mask: SecretMask): string {
  return /[\s=]/.test(word) ? mask.text(word) : mask.own(word);
}

/** Also PGPASSWORD and MYSQL_PWD, which clients of databases read. */
function isTelling(name: string): boolean {
  return isTellingName(name) || /(?:password|pwd)$/i.test(name);
}
