/**
 * GET with what company networks need. Node 20's own fetch knows neither proxies nor SSL_CERT_FILE, so this is undici's,
 * loaded only where something is fetched.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { rootCertificates } from 'node:tls';
import { TaplineError } from '../../errors.js';

/** As in the original: for each attempt. */
const timeoutMilliseconds = 10_000;
const furtherAttempts = 3;
const maxPauseSeconds = 5;
/** More than any index holds; a server that never ends must not fill the memory. */
const maxAnswerBytes = 64 * 1024 * 1024;

export interface HttpAnswer {
  status: number;
  text: string;
}

export interface HttpGet {
  /** Follows redirects; asks again on 429 and 5xx. Throws HUB_UNREACHABLE. */
  get(url: string, headers: Readonly<Record<string, string>>): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Proxies (HTTP_PROXY, HTTPS_PROXY, NO_PROXY) and certificates are taken from `env`. */
export async function createHttpGet(env: NodeJS.ProcessEnv): Promise<HttpGet> {
  // A bundled CommonJS module has its default only.
  const { default: undici } = await import('undici');
  const ca = await certificates(env);
  const connect = ca === undefined ? {} : { ca };
  const proxyOf = (name: string) => env[name.toLowerCase()] || env[name] || env.ALL_PROXY || env.all_proxy || '';
  const agent = new undici.EnvHttpProxyAgent({
    httpProxy: proxyOf('HTTP_PROXY'),
    httpsProxy: proxyOf('HTTPS_PROXY'),
    noProxy: env.no_proxy ?? env.NO_PROXY ?? '',
    connect: { ...connect, timeout: timeoutMilliseconds },
    requestTls: connect,
    proxyTls: connect,
  });
  const once = async (url: string, headers: Readonly<Record<string, string>>) => {
    const signal = AbortSignal.timeout(timeoutMilliseconds);
    const answer = await undici.fetch(url, { headers, dispatcher: agent, signal });
    return { status: answer.status, text: await readText(answer.body), after: answer.headers.get('retry-after') };
  };
  return {
    async get(url, headers) {
      for (let attempt = 0; ; attempt += 1) {
        try {
          const { after, ...answer } = await once(url, headers);
          if (attempt >= furtherAttempts || !isPassing(answer.status)) return answer;
          await delay(pauseSeconds(after) * 1_000);
        } catch (error) {
          throw unreachable(url, error);
        }
      }
    },
    close: () => agent.destroy(),
  };
}

function isPassing(status: number): boolean {
  return status === 429 || status === 500 || (status >= 502 && status <= 504);
}

function pauseSeconds(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, maxPauseSeconds) : 0;
}

async function readText(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > maxAnswerBytes) throw new Error('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Naming a `ca` replaces Node's own certificates and those of NODE_EXTRA_CA_CERTS, so all are named. */
async function certificates(env: NodeJS.ProcessEnv): Promise<string[] | undefined> {
  const names = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'].filter((name) => env[name]);
  if (names.length === 0) return undefined;
  if (env.NODE_EXTRA_CA_CERTS) names.push('NODE_EXTRA_CA_CERTS');
  const own = await Promise.all(names.map((name) => readCertificates(name, env[name] ?? '')));
  return [...rootCertificates, ...own];
}

async function readCertificates(name: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new TaplineError('HUB_UNREACHABLE', `The certificates of ${name} can't be read: ${file}.`, {
      cause: error,
      hint: `Set ${name} to a PEM file, or unset it.`,
    });
  }
}

/** How to go on is the same whatever the network does. */
export const withoutHub =
  'To continue without the hub: keep lock files in plugins/ (a run needs nothing else), `tapline add --custom`, `--from-ref FILE`, or set hub_url to a reachable hub or a folder with definitions.';

function unreachable(url: string, error: unknown): TaplineError {
  if (error instanceof TaplineError) return error;
  return new TaplineError(
    'HUB_UNREACHABLE',
    `Could not connect to the hub at ${withoutPassword(url)}: ${cause(error)}.`,
    {
      hint: withoutHub,
    },
  );
}

function cause(error: unknown): string {
  const { name, message, cause: inner } = error as Error;
  if (name === 'TimeoutError') return `no answer within ${timeoutMilliseconds / 1_000} seconds`;
  if (inner instanceof AggregateError && inner.errors.length > 0) return (inner.errors[0] as Error).message;
  return (inner instanceof Error && inner.message !== '' ? inner.message : message).replace(/\.$/, '');
}

export function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}
