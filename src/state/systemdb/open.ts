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
   * Makes and changes nothing, neither file nor table: for commands that only look. A database that is not there is
   * an empty one, one with an older schema (or on a read-only disk) is looked at in a copy in memory.
   */
  readOnly?: boolean | undefined;
  /** How long to try while another process holds the lock, or the server is away: 10 s. */
  lockedSeconds?: number | undefined;
  /** How often a server is tried again that can't be reached at first, and after how long: the original's settings. */
  connecting?: { retries: number; seconds: number } | undefined;
  /** Where PG* variables are looked up. */
  env?: NodeJS.ProcessEnv | undefined;
  /** The clock that judges leases; for tests. */
  clock?: (() => Date) | undefined;
}

/** Opens the database, makes it where there is none, and brings it to the newest schema. Throws DATABASE_* and DISK_FULL. */
export async function openSystemDatabase(options: SystemDatabaseOptions): Promise<Database> {
  if (databaseKind(options.uri) === 'sqlite') return openSqlite(options);
  const { openPostgres } = await import('./postgres/open.js');
  return openPostgres(options);
}

/** The same where the database has tables already; nothing is made. */
export async function openExistingDatabase(options: SystemDatabaseOptions): Promise<Database | undefined> {
  if (databaseKind(options.uri) === 'sqlite') {
    const { file } = parseSqliteUri(options.uri, options.cwd);
    return file !== undefined && existsSync(file) ? openSqlite(options) : undefined;
  }
  const { openExistingPostgres } = await import('./postgres/open.js');
  return openExistingPostgres(options);
}
