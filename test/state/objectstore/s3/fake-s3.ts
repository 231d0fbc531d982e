/**
 * A server that speaks as much of S3 as is asked of it: objects with ETags, conditions, lists by pages. One thread serves
 * all, so conditions are as atomic as with the real one. Its clock can be set, and an answer can be put in its way.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Kept {
  text: string;
  etag: string;
  modifiedAt: Date;
}

export interface FakeRequest {
  method: string;
  key: string;
  text: string;
  headers: IncomingMessage['headers'];
}

/** `status` 0 breaks the connection without an answer. */
export interface FakeAnswer {
  status: number;
  code?: string;
  /** Done all the same, though the client will not learn of it. */
  andDo?: boolean;
}

export class FakeS3 {
  readonly objects = new Map<string, Kept>();
  readonly requests: string[] = [];
  clock: () => Date = () => new Date();
  /** Conditions that it takes without a word and does not keep. */
  ignored: 'if-match' | 'if-none-match' | undefined;
  /** What it answers instead; undefined for what it would do by itself. */
  intercept: (request: FakeRequest) => FakeAnswer | undefined | Promise<FakeAnswer | undefined> = () => undefined;
  readonly bucket = 'states';
  readonly #server: Server;
  readonly #pageSize: number;

  private constructor(pageSize: number) {
    this.#pageSize = pageSize;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    this.#server.keepAliveTimeout = 60_000;
  }

  static async start({ pageSize = 1000, port = 0 } = {}): Promise<FakeS3> {
    const fake = new FakeS3(pageSize);
    await fake.listen(port);
    return fake;
  }

  listen(port: number = this.port): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', () => resolve()));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? 0;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Puts an object behind everybody's back. */
  seed(key: string, text: string): void {
    this.objects.set(key, { text, etag: etagOf(text), modifiedAt: this.clock() });
  }

  textOf(key: string): string | undefined {
    return this.objects.get(key)?.text;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fake');
    const [, bucket = '', ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const method = request.method ?? 'GET';
    const text = Buffer.concat(await request.toArray()).toString('utf8');
    this.requests.push(`${method} ${key || '?list'}`);
    const instead = await this.intercept({ method, key, text, headers: request.headers });
    if (instead?.andDo) this.#answer(method, key, url, text, request.headers);
    if (instead !== undefined) {
      if (instead.status === 0) response.destroy();
      else this.#send(response, instead.status, failure(instead.code ?? ''));
      return;
    }
    if (bucket !== this.bucket) return this.#send(response, 404, failure('NoSuchBucket'));
    const { status, body = '', headers = {} } = this.#answer(method, key, url, text, request.headers);
    this.#send(response, status, body, headers);
  }

  #send(response: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
    response.writeHead(status, { date: this.clock().toUTCString(), ...headers });
    response.end(body);
  }

  #answer(method: string, key: string, url: URL, text: string, headers: IncomingMessage['headers']): Answer {
    if (method === 'GET' && key === '') return this.#list(url.searchParams);
    const there = this.objects.get(key);
    if (method === 'GET')
      return there === undefined ? { status: 404, body: failure('NoSuchKey') } : objectAnswer(there);
    const match = this.ignored === 'if-match' ? undefined : headers['if-match'];
    const noneMatch = this.ignored === 'if-none-match' ? undefined : headers['if-none-match'];
    if (match !== undefined && there === undefined && method === 'PUT')
      return { status: 404, body: failure('NoSuchKey') };
    if (match !== undefined && there?.etag !== match) return { status: 412, body: failure('PreconditionFailed') };
    if (noneMatch === '*' && there !== undefined) return { status: 412, body: failure('PreconditionFailed') };
    if (method === 'DELETE') {
      this.objects.delete(key);
      return { status: 204 };
    }
    this.seed(key, text);
    return { status: 200, headers: { etag: etagOf(text) } };
  }

  #list(query: URLSearchParams): Answer {
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter');
    const after = query.get('continuation-token') ?? '';
    const entries = new Map<string, string>();
    for (const key of [...this.objects.keys()].filter((each) => each.startsWith(prefix)).sort()) {
      const end = delimiter === null ? -1 : key.indexOf(delimiter, prefix.length);
      const kept = this.objects.get(key);
      if (end >= 0)
        entries.set(
          key.slice(0, end + 1),
          `<CommonPrefixes><Prefix>${xml(key.slice(0, end + 1))}</Prefix></CommonPrefixes>`,
        );
      else
        entries.set(
          key,
          `<Contents><Key>${xml(key)}</Key><LastModified>${kept?.modifiedAt.toISOString()}</LastModified></Contents>`,
        );
    }
    const left = [...entries].filter(([name]) => name > after);
    const page = left.slice(0, this.#pageSize);
    const more = left.length > page.length;
    const next = more ? `<NextContinuationToken>${xml(page.at(-1)?.[0] ?? '')}</NextContinuationToken>` : '';
    const items = page.map(([, item]) => item).join('');
    return {
      status: 200,
      body: `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${items}</ListBucketResult>`,
    };
  }
}

interface Answer {
  status: number;
  body?: string;
  headers?: Record<string, string>;
}

function objectAnswer({ text, etag, modifiedAt }: Kept): Answer {
  return { status: 200, body: text, headers: { etag, 'last-modified': modifiedAt.toUTCString() } };
}

function etagOf(text: string): string {
  return `"${createHash('md5').update(text).digest('hex')}"`;
}

function failure(code: string): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
}

function xml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
