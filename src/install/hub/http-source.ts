import { TaplineError } from '../../errors.js';
import { parseExactJson } from '../../exact-json.js';
import type { PluginType } from '../../project/types.js';
import { createHttpGet, type HttpAnswer, type HttpGet, withoutHub, withoutPassword } from './http-get.js';
import type { AnswerCache } from './index-cache.js';
import type { HubSource } from './types.js';

export interface HttpSourceOptions {
  /** `https://hub.meltano.com/meltano/api/v1`. */
  apiRoot: string;
  /** The Authorization header, where the hub wants one. */
  auth: string | undefined;
  version: string;
  env: NodeJS.ProcessEnv;
  cache: AnswerCache;
}

/** A hub behind the API that Meltano's own has. */
export function httpSource({ apiRoot, auth, version, env, cache }: HttpSourceOptions): HubSource {
  const root = apiRoot.replace(/\/+$/, '');
  const headers = { Accept: 'application/json', 'User-Agent': `tapline/${version}` };
  let opening: Promise<HttpGet> | undefined;
  const fetchJson = async (url: string, what: string): Promise<unknown> => {
    opening ??= createHttpGet(env);
    const isOwn = originOf(url) === originOf(root);
    // The header is for this hub: an index may point elsewhere.
    const answer = await (await opening).get(url, auth && isOwn ? { ...headers, Authorization: auth } : headers);
    const value = readAnswer(answer, { url, what, auth });
    await cache.write(url, value);
    return value;
  };
  return {
    root: withoutPassword(root),
    async index(type, fresh) {
      const url = `${root}/plugins/${type}/index`;
      const kept = fresh ? undefined : await cache.read(url);
      return kept ?? fetchJson(url, `the ${type}`);
    },
    definition: (type, name, variant, ref) =>
      fetchJson(absolute(ref, root, type, `${name}--${variant}`), `the definition of ${name}, variant ${variant}`),
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}

function absolute(ref: string, root: string, type: PluginType, file: string): string {
  const fallback = `${root}/plugins/${type}/${encodeURIComponent(file)}`;
  const url = ref === '' ? fallback : new URL(ref, `${root}/plugins/${type}/`).href;
  return /^https?:/.test(url) ? url : fallback;
}

function originOf(url: string): string {
  try {
    return new URL(url).origin;
  } catch {
    throw new TaplineError('HUB_UNREACHABLE', `'${url}' is not the URL of a hub.`, {
      hint: 'Set hub_url to an http or https URL, a file URL, or a folder.',
    });
  }
}

function readAnswer(
  { status, text }: HttpAnswer,
  { url, what, auth }: { url: string; what: string; auth: string | undefined },
): unknown {
  const place = withoutPassword(url);
  if (status === 401 || status === 403) {
    throw new TaplineError('HUB_REFUSED', `The hub refuses access (${status}): ${messageOf(text) ?? place}.`, {
      hint: auth
        ? 'Check the setting hub_url_auth: it is sent as the Authorization header.'
        : `Set hub_url_auth to the Authorization header that this hub requires. ${withoutHub}`,
    });
  }
  if (status >= 400) {
    throw new TaplineError('HUB_ANSWER', `Could not get ${what} from the hub: status ${status} at ${place}.`, {
      hint: status === 404 ? 'Check the settings hub_url and hub_api_root.' : withoutHub,
    });
  }
  try {
    return parseExactJson(text);
  } catch {
    throw new TaplineError('HUB_ANSWER', `The hub's answer at ${place} is not valid JSON.`, {
      hint: 'Check the settings hub_url and hub_api_root: the login page of a proxy also looks like this.',
    });
  }
}

/** The hub's own words, where it sends some. */
function messageOf(text: string): string | undefined {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === 'string' ? message.trim().replace(/\.$/, '') : undefined;
  } catch {
    return undefined;
  }
}
