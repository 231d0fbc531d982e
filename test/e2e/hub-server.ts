/** A hub of the form that Meltano's has, on this machine. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Definition = Record<string, unknown> & { name: string; variant: string };

export interface HubServer {
  url: string;
  /** Paths that were asked for, with the Authorization header where there was one. */
  asked: { path: string; authorization: string | undefined }[];
  /** Answers the next requests instead of the hub. */
  interrupt: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
  close(): Promise<void>;
}

export async function startHub(definitions: Record<string, readonly Definition[]>): Promise<HubServer> {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    hub.asked.push({ path, authorization: request.headers.authorization });
    if (hub.interrupt?.(request, response)) return;
    const body = answerTo(path, definitions, hub.url);
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { message: 'Not found.' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: HubServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: [],
    interrupt: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return hub;
}

function answerTo(path: string, definitions: Record<string, readonly Definition[]>, url: string): unknown {
  const [, type = '', file = ''] = /\/meltano\/api\/v1\/plugins\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
  const ofType = definitions[type] ?? [];
  if (file !== 'index') return ofType.find(({ name, variant }) => file === `${name}--${variant}`);
  const index: Record<
    string,
    { default_variant: string; logo_url: string; variants: Record<string, { ref: string }> }
  > = {};
  for (const { name, variant } of ofType) {
    index[name] ??= { default_variant: variant, logo_url: '', variants: {} };
    index[name].variants[variant] = { ref: `${url}/meltano/api/v1/plugins/${type}/${name}--${variant}` };
  }
  return index;
}
