import { PluginError } from '../../singer/kit/plugin-process.js';
import type { JsonMap } from '../../singer/messages.js';
import { choice, text, texts } from './settings.js';

/** What the server knows us by. It is sent to the origin of `base_url`, and to no other. */
export interface Credentials {
  headers: Record<string, string>;
  params: Record<string, string>;
  /** `text` without any of the secrets. */
  hide(text: string): string;
}

const methods = ['none', 'bearer', 'basic', 'header', 'query'] as const;

/** `base` may hold a name and a password, as in `https://me:secret@host`. Throws PluginError for what is missing. */
export function readCredentials(config: JsonMap, base: URL): Credentials {
  const token = text(config, 'api_token');
  const user = text(config, 'username') ?? (decode(base.username) || undefined);
  const password = text(config, 'password') ?? decode(base.password);
  const byDefault = token !== undefined ? 'bearer' : user !== undefined ? 'basic' : 'none';
  const method = choice(config, 'auth_method', methods, byDefault);
  const extra = texts(config, 'headers');
  const hide = hiderOf([token, password, `${user}:${password}`, ...Object.values(extra)]);
  if (method === 'none') return { headers: extra, params: {}, hide };
  if (method === 'basic') {
    if (user === undefined)
      throw new PluginError('The setting `username` is missing, which `auth_method: basic` needs.');
    const basic = Buffer.from(`${user}:${password}`).toString('base64');
    return { headers: { ...extra, authorization: `Basic ${basic}` }, params: {}, hide };
  }
  if (token === undefined) {
    throw new PluginError(`The setting \`api_token\` is missing, which \`auth_method: ${method}\` needs.`);
  }
  if (method === 'query') return { headers: extra, params: { [text(config, 'auth_name') ?? 'api_key']: token }, hide };
  const header = method === 'bearer' ? 'authorization' : (text(config, 'auth_name') ?? 'x-api-key').toLowerCase();
  checkHeader(header, token);
  return { headers: { ...extra, [header]: method === 'bearer' ? `Bearer ${token}` : token }, params: {}, hide };
}

/** A wrong value would else be in the message of whoever refuses it. */
function checkHeader(name: string, value: string): void {
  try {
    new Headers({ [name]: value });
  } catch {
    throw new PluginError("The setting `api_token` or `auth_name` has characters that a header can't have.");
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** As a query has it: a space is a plus sign. */
function formEncoded(secret: string): string {
  return new URLSearchParams([['', secret]]).toString().slice(1);
}

/** Plain, and as URLs and basic authentication have them. The longest first: one may be a part of another. */
function hiderOf(secrets: (string | undefined)[]): (text: string) => string {
  const forms = secrets
    .filter((secret): secret is string => secret !== undefined && secret.length > 3)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      formEncoded(secret),
      Buffer.from(secret).toString('base64'),
    ])
    .sort((a, b) => b.length - a.length);
  return (text) => forms.reduce((hidden, form) => hidden.replaceAll(form, '***'), text);
}
