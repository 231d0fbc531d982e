import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from 'vitest';

/** An HTTP API on this machine that does what a test tells it, and remembers what it was asked. */
export interface ApiServer {
  url: string;
  requests: { path: string; query: Record<string, string>; headers: IncomingMessage['headers'] }[];
}

/** Returns the body of the answer; or nothing, where it has answered (or not) by itself. */
export type Answers = (query: Record<string, string>, request: IncomingMessage, response: ServerResponse) => unknown;

const open: (() => void)[] = [];

afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** `paths`: by path, without the query. Others are 404. */
export async function startApi(paths: Record<string, Answers>): Promise<ApiServer> {
  const requests: ApiServer['requests'] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://api');
    const query = Object.fromEntries(url.searchParams);
    requests.push({ path: url.pathname, query, headers: request.headers });
    const answer = paths[url.pathname];
    if (answer === undefined) return response.writeHead(404).end('{"error":"no such path"}');
    const body = answer(query, request, response);
    if (body === undefined) return;
    response.setHeader('content-type', 'application/json');
    return response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

export interface Order {
  id: number;
  updated_at: string;
}

/** Orders 1 to `count`, one a day from 2026-01-01. */
export function ordersUpTo(count: number): Order[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    updated_at: new Date(Date.UTC(2026, 0, index + 1)).toISOString(),
  }));
}

/** By `page` and `page_size`, from `updated_since` on. */
export function pageOf(orders: readonly Order[], query: Record<string, string>): Order[] {
  const size = Number(query.page_size);
  const wanted = orders.filter(({ updated_at }) => updated_at >= (query.updated_since ?? ''));
  return wanted.slice((Number(query.page) - 1) * size, Number(query.page) * size);
}
