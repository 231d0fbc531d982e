/** The way to the server, which a test can cut: at once, or where a certain message passes. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { server as postgres } from '../postgres.js';

/** `before`: the message does not arrive. `after`: it arrives, and its answer does not. */
export interface Cut {
  at: string;
  where: 'before' | 'after';
}

export class ServerProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #cut: Cut | undefined;
  #refuses = false;
  #isSilent = false;
  connections = 0;

  private constructor() {
    this.#server = createServer((client) => this.#join(client));
  }

  static async open(): Promise<ServerProxy> {
    const proxy = new ServerProxy();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get place(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  /** The next message with this text in it loses its connection. */
  cutOnce(cut: Cut): void {
    this.#cut = cut;
  }

  /** The server is away: connections break, and new ones are refused. */
  goAway(): void {
    this.#refuses = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** From now on connections are taken, and nothing is ever said. */
  fallSilent(): void {
    this.#isSilent = true;
    this.#refuses = false;
  }

  comeBack(): void {
    if (this.#isSilent) this.goAway();
    this.#isSilent = false;
    this.#refuses = false;
  }

  async close(): Promise<void> {
    this.goAway();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #join(client: Socket): void {
    this.connections += 1;
    if (this.#refuses) {
      client.destroy();
      return;
    }
    if (this.#isSilent) {
      this.#sockets.add(client);
      client.on('error', () => {}).on('close', () => this.#sockets.delete(client));
      return;
    }
    const server = connect(postgres.port, postgres.host);
    const end = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    let isCut = false;
    client.on('data', (message) => {
      if (this.#cut === undefined || !message.includes(this.#cut.at)) {
        server.write(message);
        return;
      }
      const { where } = this.#cut;
      this.#cut = undefined;
      isCut = true;
      if (where === 'before') end();
      else server.write(message);
    });
    server.on('data', (message) => {
      if (isCut) end();
      else client.write(message);
    });
  }
}
