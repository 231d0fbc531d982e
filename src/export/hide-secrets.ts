import { isSensitive } from '../settings/cast.js';
import { isMap, setOwn } from '../settings/nested-keys.js';
import type { ResolvedSetting } from '../settings/types.js';

type Settings = ReadonlyMap<string, ResolvedSetting>;

/** A map of settings as it is written, with the mask for each sensitive one. What refers to a variable stays: it is no secret. */
export function hideConfig(
  config: Readonly<Record<string, unknown>>,
  settings: Settings,
  mask: string,
): Record<string, unknown> {
  const sensitive = new Set(
    [...settings.values()]
      .filter(({ definition, sensitive: known }) => known || isSensitive(definition))
      .flatMap(({ name, definition }) => [name, ...(definition.aliases ?? [])]),
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

/** Shorter ones may be words of any text. */
const shortestSecret = 6;

/** The same value with the mask wherever a text has a secret in it. */
export function hideSecrets(value: unknown, secrets: readonly string[], mask: string): unknown {
  const long = [...new Set(secrets)]
    .filter((secret) => secret.length >= shortestSecret)
    .sort((a, b) => b.length - a.length);
  if (long.length === 0) return value;
  const hide = (item: unknown): unknown => {
    if (typeof item === 'string') return long.reduce((text, secret) => text.replaceAll(secret, mask), item);
    if (Array.isArray(item)) return item.map(hide);
    if (!isMap(item)) return item;
    const shown: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(item)) setOwn(shown, key, hide(inner));
    return shown;
  };
  return hide(value);
}

function isReference(value: unknown): boolean {
  return typeof value === 'string' && /\$(\{\w+\}|[A-Z])/.test(value);
}
