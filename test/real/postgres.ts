/** The machine's PostgreSQL server, by its own client. TAPLINE_TEST_POSTGRES names another one. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);

const given = process.env.TAPLINE_TEST_POSTGRES;
const url = new URL(given ?? `postgresql://${userInfo().username}@127.0.0.1:5432/test`);

export const server = {
  host: url.hostname,
  port: Number(url.port || 5432),
  user: decodeURIComponent(url.username),
  password: decodeURIComponent(url.password),
  database: url.pathname.slice(1),
};

/** Runs SQL; rows as arrays of texts. */
export async function sql(text: string, uri: string = url.href): Promise<string[][]> {
  const args = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set=ON_ERROR_STOP=1', uri];
  const { stdout } = await run('psql', [...args, '--command', text]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('|'));
}

/** Whether there is such a server and client. In CI there has to be one. */
export async function hasPostgres(): Promise<boolean> {
  try {
    await sql('SELECT 1');
    return true;
  } catch (error) {
    if (process.env.CI === 'true' || given !== undefined) throw error;
    return false;
  }
}

/** A schema of its own, and the URI whose search path names it. */
export interface OwnSchema {
  name: string;
  uri: string;
  /** The same by another way to the server. */
  uriBy(place: { host: string; port: number }): string;
  /** Runs SQL in it. */
  sql(text: string): Promise<string[][]>;
  drop(): Promise<void>;
}

export async function ownSchema(): Promise<OwnSchema> {
  const name = `tapline_${randomBytes(6).toString('hex')}`;
  await sql(`CREATE SCHEMA ${name}`);
  const own = new URL(url);
  own.search = `${url.search === '' ? '?' : `${url.search}&`}options=-csearch_path%3D${name}`;
  return {
    name,
    uri: own.href,
    uriBy: ({ host, port }) => Object.assign(new URL(own), { hostname: host, port: String(port) }).href,
    sql: (text) => sql(text, own.href),
    drop: async () => {
      await sql(`DROP SCHEMA IF EXISTS ${name} CASCADE`);
    },
  };
}
