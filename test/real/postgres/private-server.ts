/** A PostgreSQL server of the test's own, from the machine's programs: one that may be killed, with passwords and TLS. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from '../postgres.js';

const run = promisify(execFile);
const installed = '/usr/lib/postgresql';
/** PostgreSQL refuses to run as root. */
const other = process.getuid?.() === 0 ? 65534 : undefined;
const asOther = other === undefined ? [] : ['setpriv', `--reuid=${other}`, `--regid=${other}`, '--clear-groups'];

/** Users, each with a schema: `owner` may come by socket only, `scram` needs a password, `tls` and `plain` come with TLS or without only. */
const hba = `
local   all  owner             trust
host    all  scram  all        scram-sha-256
hostssl all  tls    all        trust
hostnossl all plain all        trust
`;

const settings = `
listen_addresses = 'localhost'
max_connections = 20
superuser_reserved_connections = 3
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
`;

export class PrivateServer {
  #process: ChildProcess | undefined;

  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly programs: string,
  ) {}

  /** With the password of `scram`. */
  static async make(password: string): Promise<PrivateServer> {
    const folder = await mkdtemp(join(tmpdir(), 'tapline-pg-'));
    const server = new PrivateServer(folder, await freePort(), await programFolder());
    if (other !== undefined) await chown(folder, other, other);
    await server.#do('initdb', '--username=owner', '--auth=trust', '--no-sync', '-D', server.data);
    for (const name of ['server', 'stranger']) await server.#certificate(name);
    await writeFile(join(server.data, 'pg_hba.conf'), hba);
    await writeFile(join(server.data, 'postgresql.conf'), settings);
    await server.start();
    await server.sql(
      `CREATE ROLE scram LOGIN PASSWORD '${password.replaceAll("'", "''")}'; CREATE ROLE tls LOGIN; CREATE ROLE plain LOGIN;
       CREATE SCHEMA AUTHORIZATION owner; CREATE SCHEMA AUTHORIZATION scram; CREATE SCHEMA AUTHORIZATION tls; CREATE SCHEMA AUTHORIZATION plain`,
    );
    return server;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  /** `server` is its own certificate, for localhost; nobody knows `stranger`. */
  certificate(name: 'server' | 'stranger'): string {
    return join(this.folder, `${name}.crt`);
  }

  /** As its owner, by its socket. */
  get socketUri(): string {
    return `postgresql://owner@/postgres?host=${encodeURIComponent(this.folder)}&port=${this.port}`;
  }

  uri(user: string, options = '', host = 'localhost'): string {
    return `postgresql://${user}@${host}:${this.port}/postgres${options}`;
  }

  sql(text: string): Promise<string[][]> {
    return sql(text, this.socketUri);
  }

  async start(): Promise<void> {
    // One that was killed leaves children behind, which must see it first.
    while (!(await this.#started()));
  }

  async #started(): Promise<boolean> {
    const [program = '', ...words] = [...asOther, join(this.programs, 'postgres')];
    const child = spawn(program, [...words, '-D', this.data, '-p', String(this.port), '-k', this.folder], {
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: this.folder,
    });
    this.#process = child;
    return new Promise((resolve, reject) => {
      let said = '';
      child.stderr?.on('data', (chunk) => {
        said += chunk;
        if (said.includes('ready to accept connections')) resolve(true);
      });
      child.once('exit', () => {
        if (/is still in use|lock file/.test(said)) resolve(false);
        else reject(new Error(said));
      });
    });
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async remove(): Promise<void> {
    await this.kill('SIGQUIT');
    await rm(this.folder, { recursive: true, force: true });
  }

  async #certificate(name: string): Promise<void> {
    const certificate = join(this.folder, `${name}.crt`);
    const key = join(this.folder, `${name}.key`);
    const words = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    await run('openssl', ['req', '-x509', ...words, ...subject, '-out', certificate, '-keyout', key]);
    await chmod(key, 0o600);
    if (name !== 'server') return;
    for (const file of [certificate, key]) {
      await run('cp', [file, this.data]);
      if (other !== undefined) await chown(join(this.data, file.split('/').at(-1) ?? ''), other, other);
    }
  }

  async #do(program: string, ...words: string[]): Promise<void> {
    const [first = '', ...rest] = [...asOther, join(this.programs, program), ...words];
    await run(first, rest, { cwd: this.folder });
  }
}

async function programFolder(): Promise<string> {
  const versions = await readdir(installed).catch(() => []);
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (newest === undefined) throw new Error(`There is no PostgreSQL server in ${installed}.`);
  return join(installed, newest, 'bin');
}

/** In CI there has to be one. */
export async function hasServerPrograms(): Promise<boolean> {
  try {
    await programFolder();
    return true;
  } catch (error) {
    if (process.env.CI === 'true') throw error;
    return false;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
