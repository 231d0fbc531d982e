import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database.js';
import type { SystemDatabaseOptions } from '../open.js';
import { openMemory } from '../sqlite/open.js';
import { copyToMemory } from './copy.js';
import { type Client, closePool, openPool, type Pool } from './driver.js';
import { explainFault, isAboutTls, isAway, isConflict, isMadeByOthers } from './faults.js';
import { checkSchema, migrate, standingOf } from './migrate.js';
import { PostgresDatabase } from './postgres-database.js';
import { type PostgresTarget, parsePostgresUri, type Tls } from './uri.js';

/** Creates missing tables, unless the database is read-only: then it counts as empty. */
export async function openPostgres(options: SystemDatabaseOptions): Promise<Database> {
  const target = targetOf(options);
  const opened = await open(target, options, 'make');
  return opened ?? openMemory(target.location, options);
}

/** Undefined if there are no tables. */
export function openExistingPostgres(options: SystemDatabaseOptions): Promise<Database | undefined> {
  return open(targetOf(options), options, 'leave');
}

function targetOf({ uri, env = process.env }: SystemDatabaseOptions): PostgresTarget {
  return parsePostgresUri(uri, env);
}

async function open(
  target: PostgresTarget,
  options: SystemDatabaseOptions,
  whereEmpty: 'make' | 'leave',
): Promise<Database | undefined> {
  const { location } = target;
  const { readOnly = false, lockedSeconds = 10, clock } = options;
  try {
    const pool = await connect(target, options.connecting);
    return await closedUnlessKept(pool, async (client) => {
      const standing = await standingOf(client, location);
      if (standing === 'empty') await checkSchema(client, location);
      if (standing === 'empty' && (readOnly || whereEmpty === 'leave')) return undefined;
      if (standing === 'older' && readOnly) return copyToMemory(client, location, options);
      if (standing !== 'current') await untilMigrated(client, location, clock?.() ?? new Date());
      return new PostgresDatabase(pool, { location, lockedSeconds, clock });
    });
  } catch (error) {
    throw explainFault(error, location);
  }
}

/** The pool stays open only for a database that works on it. */
async function closedUnlessKept(
  pool: Pool,
  prepare: (client: Client) => Promise<Database | undefined>,
): Promise<Database | undefined> {
  let opened: Database | undefined;
  try {
    const client = await pool.connect();
    try {
      opened = await prepare(client);
    } finally {
      client.release();
    }
    return opened;
  } finally {
    if (!(opened instanceof PostgresDatabase)) await closePool(pool);
  }
}

async function connect(
  target: PostgresTarget,
  { retries, seconds }: { retries: number; seconds: number } = { retries: 0, seconds: 0 },
): Promise<Pool> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await connectOnce(target, target.tls);
    } catch (error) {
      if (!isAway(error) || attempt >= retries) throw error;
    }
    await sleep(seconds * 1000);
  }
}

/** With TLS or without, whatever the server takes first. */
async function connectOnce(target: PostgresTarget, [tls = false, ...others]: readonly Tls[]): Promise<Pool> {
  const pool = openPool(target, tls);
  try {
    (await pool.connect()).release();
    return pool;
  } catch (error) {
    await closePool(pool);
    if (others.length === 0 || !isAboutTls(error)) throw error;
    return connectOnce(target, others);
  }
}

/** The original, which takes no lock for it, may make its tables at the same moment. */
async function untilMigrated(client: Client, location: string, now: Date): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await migrate(client, location, now);
    } catch (error) {
      if (attempt >= 5 || !(isMadeByOthers(error) || isConflict(error))) throw error;
    }
  }
}
