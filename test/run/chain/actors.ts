import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ChainProcessSpec } from '../../../src/run/chain/types.js';

const script = join(import.meta.dirname, '..', '..', '..', 'fixtures', 'plugins', 'actor.mjs');

export interface ActorEvent {
  event: string;
  [key: string]: unknown;
}

/** One plugin process, led by the test. */
export class Actor {
  pid = 0;
  #socket: Socket;
  #events: ActorEvent[] = [];
  #waiting: { name: string; resolve: (event: ActorEvent) => void }[] = [];
  /** Settles when its process is gone. */
  readonly gone: Promise<void>;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.gone = new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
    socket.on('error', () => {});
  }

  receive(event: ActorEvent): void {
    const index = this.#waiting.findIndex(({ name }) => name === event.event);
    const [waiting] = index === -1 ? [] : this.#waiting.splice(index, 1);
    if (waiting === undefined) this.#events.push(event);
    else waiting.resolve(event);
  }

  do(command: string, more: Record<string, unknown> = {}): void {
    this.#socket.write(`${JSON.stringify({ command, ...more })}\n`);
  }

  /** The next event of that name; those of other names wait for their turn. */
  next(name: string): Promise<ActorEvent> {
    const index = this.#events.findIndex(({ event }) => event === name);
    const [event] = index === -1 ? [] : this.#events.splice(index, 1);
    if (event !== undefined) return Promise.resolve(event);
    return new Promise((resolve) => {
      this.#waiting.push({ name, resolve });
    });
  }

  async write(text: string, more: Record<string, unknown> = {}): Promise<void> {
    this.do('write', { text, ...more });
    await this.next('wrote');
  }

  async stderr(text: string): Promise<void> {
    this.do('stderr', { text });
    await this.next('wrote');
  }

  /** Reads until this many bytes (or the given text) have come. */
  async readUntil(text: string): Promise<string> {
    let seen = '';
    while (!seen.includes(text)) seen += String((await this.next('input')).text);
    return seen;
  }

  /** All that is left of its input. `read` must have been told before. */
  async rest(): Promise<string> {
    await this.next('end');
    let seen = '';
    for (const event of this.#events) if (event.event === 'input') seen += String(event.text);
    this.#events = this.#events.filter(({ event }) => event !== 'input');
    return seen;
  }

  exit(code: number): void {
    this.do('exit', { code });
  }
}

/** The test's end of all actors' sockets. */
export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), 'tapline-stage-'));
  readonly #server: Server;
  readonly #socket = join(this.directory, 'stage.sock');
  readonly #actors = new Map<string, Actor>();
  readonly #waiting = new Map<string, (actor: Actor) => void>();

  constructor() {
    this.#server = createServer((socket) => this.#enter(socket)).listen(this.#socket);
  }

  /** Resolves when the actor of that name has come. */
  actor(name: string): Promise<Actor> {
    const known = this.#actors.get(name);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      this.#waiting.set(name, resolve);
    });
  }

  spec(role: 'tap' | 'mapper' | 'target', plugin: string): ChainProcessSpec {
    const pluginType = { tap: 'extractor', mapper: 'mapper', target: 'loader' }[role];
    const env = { PATH: process.env.PATH, ACTOR_SOCKET: this.#socket, ACTOR_NAME: plugin };
    return { role, plugin, pluginType, file: process.execPath, args: [script], cwd: this.directory, env };
  }

  close(): void {
    for (const actor of this.#actors.values()) {
      try {
        process.kill(actor.pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
    this.#server.close();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #enter(socket: Socket): void {
    const actor = new Actor(socket);
    const lines = createInterface({ input: socket });
    // An actor that is killed resets its connection.
    lines.on('error', () => {});
    lines.on('line', (line) => {
      const event = JSON.parse(line) as ActorEvent;
      if (event.event !== 'ready') {
        actor.receive(event);
        return;
      }
      const name = String(event.name);
      actor.pid = Number(event.pid);
      this.#actors.set(name, actor);
      this.#waiting.get(name)?.(actor);
    });
  }
}
