/** pg (node-postgres), loaded with this folder when the first PostgreSQL database is opened: no other command pays for it. */
import type { TLSSocket } from 'node:tls';
import pg from 'pg';
import type { PostgresTarget, Tls } from './uri.js';

export type Pool = pg.Pool;
export type Client = pg.PoolClient;

const maxConnections = 4;

/**
 * How long an answer may take: a server that vanished without a word must not hold a run for ever, nor one that is stopped until
 * somebody kills it. No statement of ours works for long.
 */
export const answerSeconds = 10;

/** What SQLite would give: numbers as numbers, truth as 1 and 0, bytes as bytes, and everything else, including times, as text. */
const parsers: Record<number, (text: string) => unknown> = {
  16: (text) => (text === 't' ? 1 : 0),
  17: pg.types.getTypeParser(17, 'text'),
  20: Number,
  21: Number,
  23: Number,
  26: Number,
  700: Number,
  701: Number,
};
const asText = (text: string) => text;
const types: pg.CustomTypesConfig = { getTypeParser: ((oid: number) => parsers[oid] ?? asText) as never };

export function openPool(target: PostgresTarget, tls: Tls): Pool {
  const pool = new pg.Pool({
    host: target.host,
    port: target.port,
    user: target.user,
    // A function even without a password: otherwise pg looks for password files by itself, with a warning.
    password: async () => target.password ?? '',
    database: target.database,
    options: target.options,
    application_name: target.applicationName,
    ssl: tls,
    max: maxConnections,
    connectionTimeoutMillis: target.connectSeconds * 1000,
    keepAlive: target.keepAlive,
    keepAliveInitialDelayMillis: (target.keepAliveSeconds ?? 0) * 1000,
    types,
    // A role may have another one by default; it is set before the connection is used.
    onConnect: async (client: pg.ClientBase) => {
      await client.query('SET datestyle TO ISO');
    },
  } as pg.PoolConfig);
  // Each connection that breaks says so here, and is replaced when the next is wanted; who uses it hears it from the query.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Ends the connections; those that a dead network holds up are cut. */
export async function closePool(pool: Pool): Promise<void> {
  const streams = (pool as unknown as { _clients: { connection: { stream: TLSSocket } }[] })._clients.map(
    ({ connection }) => connection.stream,
  );
  const cut = setTimeout(() => {
    for (const stream of streams) stream.destroy();
  }, 1_000);
  try {
    await pool.end();
  } finally {
    clearTimeout(cut);
  }
}
