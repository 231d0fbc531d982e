import { setTimeout as sleep } from 'node:timers/promises';
import { parseExactJson } from '../../singer/exact-json.js';
import { log, PluginError } from '../../singer/kit/plugin-process.js';
import type { JsonMap } from '../../singer/messages.js';
import { type Credentials, readCredentials } from './credentials.js';
import { failureOf, pauseOf, RequestFailure, statusFailure } from './request-failure.js';
import { amount, choice, count, text } from './settings.js';

export interface Answer {
  /** With the digits of long numbers, see exact-json.ts. */
  body: unknown;
  text: string;
  headers: Headers;
  url: URL;
}

/** The longest answer that is read, in bytes: it is held in memory. */
const longest = 256 * 1024 * 1024;
const maxRedirects = 5;

/** GET requests to one server, tried again where that may help. No secret is in what it logs or throws. */
export class HttpClient {
  readonly #base: URL;
  readonly #credentials: Credentials;
  readonly #timeout: number;
  readonly #retries: number;
  readonly #backoff: { isExponential: boolean; factor: number; max: number };

  constructor(config: JsonMap) {
    this.#base = baseUrl(config);
    this.#credentials = readCredentials(config, this.#base);
    this.#base.username = '';
    this.#base.password = '';
    this.#timeout = amount(config, 'request_timeout', 60) * 1000;
    if (this.#timeout < 1) throw new PluginError('The setting `request_timeout` is not a number above 0.');
    this.#retries = count(config, 'max_retries', 5);
    const isExponential =
      choice(config, 'backoff_strategy', ['exponential', 'constant'], 'exponential') === 'exponential';
    this.#backoff = {
      isExponential,
      factor: amount(config, 'backoff_factor', 1),
      max: amount(config, 'max_backoff', 300),
    };
  }

  /** A path below `base_url`, or a whole URL. */
  urlOf(path: string, params: Readonly<Record<string, string>>): URL {
    const isWhole = /^https?:\/\//i.test(path);
    const url = isWhole ? new URL(path) : new URL(this.#base);
    if (!isWhole) {
      const [plain = '', query = ''] = path.split('?');
      url.pathname = `${url.pathname.replace(/\/+$/, '')}/${plain.replace(/^\/+/, '')}`;
      for (const [name, value] of new URLSearchParams(query)) url.searchParams.append(name, value);
    }
    for (const [name, value] of Object.entries(params)) url.searchParams.set(name, value);
    return url;
  }

  /** Undefined: it was told to stop. Throws PluginError when it gives up. */
  async get(url: URL, stop: AbortSignal): Promise<Answer | undefined> {
    for (let attempt = 1; !stop.aborted; attempt += 1) {
      try {
        return await this.#request(url, stop);
      } catch (error) {
        if (stop.aborted) return undefined;
        await this.#recover(failureOf(error, this.#timeout), url, attempt, stop);
      }
    }
    return undefined;
  }

  /** Waits before the next attempt, or throws if there is none. */
  async #recover(failure: RequestFailure, url: URL, attempt: number, stop: AbortSignal): Promise<void> {
    const what = `GET ${this.#shown(url)}: ${this.#credentials.hide(failure.message)}`;
    if (!failure.isTransient) throw new PluginError(`${what}.`);
    if (attempt > this.#retries)
      throw new PluginError(`${what}. Given up after ${attempt} attempts (\`max_retries\`).`);
    const { max } = this.#backoff;
    const seconds = failure.retryAfter ?? pauseOf(attempt, this.#backoff);
    if (seconds > max) {
      throw new PluginError(`${what}. It asks for a pause of ${seconds} s, and \`max_backoff\` allows ${max} s.`);
    }
    log('WARNING', `${what}; attempt ${attempt + 1} in ${Math.round(seconds * 10) / 10} s`);
    await sleep(seconds * 1000, undefined, { signal: stop }).catch(() => {});
  }

  async #request(first: URL, stop: AbortSignal): Promise<Answer> {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(this.#timeout)]);
    const send = await sender();
    let url = first;
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const response = await send(this.#withCredentials(url), {
        headers: this.#headers(url),
        redirect: 'manual',
        signal,
      });
      const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
      if (location === null) return await read(response, url);
      await response.body?.cancel();
      url = this.#redirected(url, location);
    }
    throw new RequestFailure(`redirected more than ${maxRedirects} times`);
  }

  #redirected(from: URL, location: string): URL {
    const url = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol))
      throw new RequestFailure('redirected to what is not a web address');
    if (!this.#isOwn(url)) log('WARNING', `${this.#shown(from)} leads to ${url.origin}, which gets no credentials`);
    return url;
  }

  #isOwn(url: URL): boolean {
    return url.origin === this.#base.origin;
  }

  #withCredentials(url: URL): URL {
    const whole = new URL(url);
    // A client would refuse them, and say so with the password.
    whole.username = '';
    whole.password = '';
    if (this.#isOwn(url))
      for (const [name, value] of Object.entries(this.#credentials.params)) whole.searchParams.set(name, value);
    return whole;
  }

  #headers(url: URL): Record<string, string> {
    return {
      accept: 'application/json',
      'user-agent': 'tap-rest',
      ...(this.#isOwn(url) ? this.#credentials.headers : {}),
    };
  }

  #shown(url: URL): string {
    return this.#credentials.hide(`${url.origin}${url.pathname}${url.search}`);
  }
}

function baseUrl(config: JsonMap): URL {
  const given = text(config, 'base_url');
  if (given === undefined) throw new PluginError('The setting `base_url` is missing.');
  // The value is not told: it may have a password in it.
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new PluginError('The setting `base_url` is not a web address such as https://api.example.com/v1.');
  }
  return new URL(given);
}

type Send = (url: URL, init: RequestInit) => Promise<Response>;
let send: Promise<Send> | undefined;

/** Node 20's own fetch does not use proxies, so undici is loaded if one is set. */
function sender(): Promise<Send> {
  const { env } = process;
  const names = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'];
  send ??= names.some((name) => Boolean(env[name])) ? proxied() : Promise.resolve(fetch);
  return send;
}

async function proxied(): Promise<Send> {
  const { default: undici } = await import('undici');
  const dispatcher = new undici.EnvHttpProxyAgent();
  return (url, init) => undici.fetch(url, { ...(init as object), dispatcher }) as unknown as Promise<Response>;
}

async function read(response: Response, url: URL): Promise<Answer> {
  const body = await bodyText(response);
  if (!response.ok) throw statusFailure(response, body);
  const type = response.headers.get('content-type') ?? '';
  try {
    return { body: body.trim() === '' ? null : parseExactJson(body), text: body, headers: response.headers, url };
  } catch {
    // What says that it is JSON may have been cut; a page for people stays one.
    throw new RequestFailure(`the answer is not valid JSON${type === '' ? '' : ` (it is said to be ${type})`}`, {
      isTransient: /json/i.test(type),
    });
  }
}

async function bodyText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += (chunk as Uint8Array).length;
    if (size > longest)
      throw new RequestFailure(`the answer is longer than ${longest / 1024 / 1024} MiB; ask for smaller pages`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/^\ufeff/, '');
}
