import { isContainer } from '../exact-number.js';
import type { ResolvedSetting } from './types.js';

/** Names that suggest a secret in settings that are not defined as sensitive. */
const tellingName =
  /(^|[._-])(password|passwd|passphrase|secret|token|api_?key|private_?key|access_?key|client_?secret|connection_?string|credentials?)$/i;

/** Whether a setting or variable of this name must be a secret. */
export function isTellingName(name: string): boolean {
  return tellingName.test(name);
}

/**
 * Whether a secret is also an ordinary word, name or number that texts hold by chance: up to three characters, up to eight
 * digits, or up to 16 letters of one case, with `-`, `_` or `.` between them (`postgres`, `Admin`, `tap-postgres`).
 */
export function isWeakSecret(secret: string): boolean {
  if ([...secret].length <= 3 || /^\d{1,8}$/.test(secret)) return true;
  return (
    secret.length <= 16 && /^(?:\p{L}?[\p{Ll}\p{Lo}]+|\p{Lu}+)(?:[-_.](?:[\p{Ll}\p{Lo}]+|\p{Lu}+))*$/u.test(secret)
  );
}

/**
 * Every text in a sensitive value, for masking: the value, what its maps and lists hold, the passwords inside URLs. Settings
 * that nobody has defined count as sensitive when their name says so.
 */
export function secretsOf(settings: Iterable<ResolvedSetting>): string[] {
  const secrets = new Set<string>();
  for (const setting of settings) {
    const secret = setting.sensitive || (setting.definition.custom === true && isTellingName(setting.name));
    if (secret) collectTexts(setting.value, secrets);
    for (const password of passwordsInUrls(setting.value)) secrets.add(password);
  }
  return [...secrets];
}

/**
 * The password of `scheme://user:password@host`, as written and decoded, and those among the options of a database's URI. Where a
 * database or S3 is named it may have a slash in it.
 */
export function passwordsInUrls(value: unknown): string[] {
  if (typeof value !== 'string') return [];
  const found = [
    /^[a-z][\w+.-]*:\/\/[^/?#\s:@]*:([^/?#\s]+)@/i.exec(value)?.[1],
    /^(?:postgres|s3)[\w+.-]*:\/\/[^/?:@]*:(.+)@/is.exec(value)?.[1],
    ...[...value.matchAll(/[?&](?:ssl)?password=([^&]+)/gi)].map(([, password]) => password),
  ].filter((password) => password !== undefined);
  return [...new Set(found.flatMap((password) => [password, decoded(password)]))];
}

function collectTexts(value: unknown, found: Set<string>): void {
  if (value === null || value === undefined || typeof value === 'boolean') return;
  if (isContainer(value)) for (const item of Object.values(value)) collectTexts(item, found);
  else if (String(value) !== '') found.add(String(value));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
