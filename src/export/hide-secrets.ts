import { isSensitive } from '../settings/cast.js';
import { isTellingName, isWeakSecret, passwordsInUrls } from '../settings/secrets.js';
import type { ResolvedSetting } from '../settings/types.js';
import { isMap, setOwn } from '../values.js';

type Settings = ReadonlyMap<string, ResolvedSetting>;

/** A map of settings as it is written, with the mask for each sensitive one. What refers to a variable stays: it is not a secret. */
export function hideConfig(
  config: Readonly<Record<string, unknown>>,
  settings: Settings,
  mask: string,
): Record<string, unknown> {
  const sensitive = new Set(
    [...settings.values()].filter(isSecret).flatMap(({ name, definition }) => [name, ...(definition.aliases ?? [])]),
  );
  const hide = (value: unknown, path: string): unknown => {
    if (sensitive.has(path)) return isReference(value) || value === null ? value : mask;
    if (!isMap(value)) return value;
    const shown: Record<string, unknown> = {};
    for (const [key, item] of Object.entries(value))
      setOwn(shown, key, hide(item, path === '' ? key : `${path}.${key}`));
    return shown;
  };
  return hide(config, '') as Record<string, unknown>;
}

/**
 * The same value with the mask wherever a text contains a strong secret, or a URL with a password. A weak secret is hidden at
 * its own setting only: elsewhere it is a word like any other, and names and paths must stay as they are.
 */
export function hideSecrets(value: unknown, secrets: readonly string[], mask: string): unknown {
  const strong = [...new Set(secrets)].filter((secret) => !isWeakSecret(secret)).sort((a, b) => b.length - a.length);
  const hideText = (text: string): string => {
    const passwords = passwordsInUrls(text).filter((password) => !isReference(password));
    const withoutPasswords = passwords.reduce(
      (shown, password) => shown.replaceAll(`:${password}@`, `:${mask}@`),
      text,
    );
    return strong.reduce((shown, secret) => shown.replaceAll(secret, mask), withoutPasswords);
  };
  const hide = (item: unknown): unknown => {
    if (typeof item === 'string') return hideText(item);
    if (Array.isArray(item)) return item.map(hide);
    if (!isMap(item)) return item;
    const shown: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(item)) setOwn(shown, key, hide(inner));
    return shown;
  };
  return hide(value);
}

/** Sensitive by its definition or, if it has none, by its name. */
function isSecret({ name, definition, sensitive }: ResolvedSetting): boolean {
  return sensitive || isSensitive(definition) || (definition.custom === true && isTellingName(name));
}

function isReference(value: unknown): boolean {
  return typeof value === 'string' && /\$(\{\w+\}|[A-Z])/.test(value);
}
