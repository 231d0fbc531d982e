import { existsSync } from 'node:fs';
import type { Database } from './database.js';
import { openSqlite } from './sqlite/open.js';
import { databaseKind, parseSqliteUri } from './uri.js';

export interface SystemDatabaseOptions {
  /** The setting `database_uri`, expanded. */
  uri: string;
  /** What a relative path in it starts from: the current folder, as in the original. */
  cwd: string;
  /**
   * Creates and changes nothing, neither file nor table: for commands that only read. A missing database counts as
   * empty; one with an older schema (or on a read-only disk) is read from a copy in memory.
   */
  readOnly?: boolean | undefined;
  /** How long to retry while another process holds the lock, or the server is unreachable: 10 s. */
  lockedSeconds?: number | undefined;
  /** Number and interval of retries for a server that can't be reached at first: the original's settings. */
  connecting?: { retries: number; seconds: number } | undefined;
  /** Where PG* variables are looked up. */
  env?: NodeJS.ProcessEnv | undefined;
  /** The clock that judges leases; for tests. */
  clock?: (() => Date) | undefined;
}

/** Opens the database, creates it if it does not exist, and brings it to the newest schema. Throws DATABASE_* and DISK_FULL. */
export async function openSystemDatabase(options: SystemDatabaseOptions): Promise<Database> {
  if (databaseKind(options.uri) === 'sqlite') return openSqlite(options);
  const { openPostgres } = await import('./postgres/open.js');
  return openPostgres(options);
}

/** Opens the database only if it has tables already; creates nothing. */
export async function openExistingDatabase(options: SystemDatabaseOptions): Promise<Database | undefined> {
  if (databaseKind(options.uri) === 'sqlite') {
    const { file } = parseSqliteUri(options.uri, options.cwd);
    return file !== undefined && existsSync(file) ? openSqlite(options) : undefined;
  }
  const { openExistingPostgres } = await import('./postgres/open.js');
  return openExistingPostgres(options);
}
