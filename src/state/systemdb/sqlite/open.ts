import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { TaplineError } from '../../../errors.js';
import type { Database } from '../database.js';
import type { SystemDatabaseOptions } from '../open.js';
import { parseSqliteUri } from '../uri.js';
import { type Driver, openDriver } from './driver.js';
import { explainFault, primaryCode } from './faults.js';
import { isCurrent, migrate } from './migrate.js';
import { SqliteDatabase, type SqliteOptions } from './sqlite-database.js';

/** Opens the database, creates it if it does not exist, and brings it to the newest schema. Throws DATABASE_* and DISK_FULL. */
export async function openSqlite(options: SystemDatabaseOptions): Promise<Database> {
  const { file, readOnly } = parseSqliteUri(options.uri, options.cwd);
  const location = file ?? 'in memory';
  const { lockedSeconds = 10, clock = () => new Date() } = options;
  const sqlite: SqliteOptions = { location, lockedSeconds, clock };
  try {
    if (file === undefined) return await openInMemory(undefined, sqlite);
    if (readOnly || options.readOnly) return await openToRead(file, sqlite);
    return await openToWrite(file, sqlite);
  } catch (error) {
    throw explainFault(error, location);
  }
}

async function openToWrite(file: string, options: SqliteOptions): Promise<Database> {
  makePrivateFile(file);
  const driver = await openDriver(file);
  return closedOnFailure(driver, async () => {
    const database = new SqliteDatabase(driver, options);
    await database.untilUnlocked(() => {
      if (isCurrent(driver)) return;
      driver.pragma('journal_mode = WAL');
      driver.pragma('synchronous = NORMAL');
      migrate(driver, options.location, options.clock());
    });
    return database;
  });
}

async function openToRead(file: string, options: SqliteOptions): Promise<Database> {
  if (!existsSync(file)) return openInMemory(undefined, options);
  if (statSync(file).isDirectory()) throw notFile(file);
  let driver: Driver;
  try {
    driver = await openDriver(file, { readOnly: true });
  } catch (error) {
    if (!isRefused(error)) throw error;
    return openInMemory(copyOf(file), options);
  }
  return closedOnFailure(driver, async () => {
    const database = new SqliteDatabase(driver, options);
    try {
      if (await database.untilUnlocked(() => isCurrent(driver))) return database;
    } catch (error) {
      // A WAL database in a folder that can't be written shows itself at the first read only.
      if (!(error instanceof TaplineError) || !isRefused(error.cause)) throw error;
      driver.close();
      return openInMemory(copyOf(file), options);
    }
    const bytes = driver.serialize();
    driver.close();
    return openInMemory(outOfWal(bytes), options);
  });
}

/** An empty one, in the place of a database that is not there or must stay as it is. */
export function openMemory(
  location: string,
  { clock = () => new Date() }: { clock?: (() => Date) | undefined },
): Promise<Database> {
  return openInMemory(undefined, { location, lockedSeconds: 0, clock });
}

async function openInMemory(bytes: Buffer | undefined, options: SqliteOptions): Promise<Database> {
  const driver = await openDriver(bytes ?? ':memory:');
  return closedOnFailure(driver, async () => {
    if (!isCurrent(driver)) migrate(driver, options.location, options.clock());
    return new SqliteDatabase(driver, options);
  });
}

async function closedOnFailure<T>(driver: Driver, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (driver.open) driver.close();
    throw error;
  }
}

/** State may hold what not everybody should read, so a new file is the user's own; SQLite gives its -wal and -shm the same mode. */
function makePrivateFile(file: string): void {
  if (existsSync(file)) {
    if (statSync(file).isDirectory()) throw notFile(file);
    return;
  }
  try {
    makeFolder(dirname(file));
    closeSync(openSync(file, 'wx', 0o600));
    chmodSync(file, 0o600);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw cantMake(file, error);
  }
}

/** The last folder only: a path with several missing ones is more likely a wrong path. */
function makeFolder(folder: string): void {
  if (!existsSync(folder)) mkdirSync(folder);
}

function copyOf(file: string): Buffer {
  const wal = statSync(`${file}-wal`, { throwIfNoEntry: false });
  if (wal !== undefined && wal.size > 0) {
    throw new TaplineError(
      'DATABASE_READONLY',
      `The system database ${file} has changes in ${file}-wal that can't be read here.`,
      {
        hint: 'Make its folder writable by this user, or copy file and -wal file to one that is.',
      },
    );
  }
  try {
    return outOfWal(readFileSync(file));
  } catch (error) {
    throw new TaplineError('DATABASE_OPEN', `The system database ${file} can't be read (${codeOf(error)}).`, {
      cause: error,
      hint: 'It must be readable by this user. See database_uri.',
    });
  }
}

/** Bytes 18 and 19 of the header say WAL (2) or not (1); a database in memory can't have a WAL. */
function outOfWal(bytes: Buffer): Buffer {
  if (bytes.length > 19) bytes.fill(1, 18, 20);
  return bytes;
}

function isRefused(error: unknown): boolean {
  return ['SQLITE_CANTOPEN', 'SQLITE_READONLY'].includes(primaryCode(error) ?? '');
}

function notFile(file: string): TaplineError {
  return new TaplineError('DATABASE_OPEN', `${file} is a folder, not a database.`, { hint: 'Check database_uri.' });
}

function cantMake(file: string, error: unknown): TaplineError {
  const code = codeOf(error);
  const details = { cause: error, data: { errno: code } };
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new TaplineError('DISK_FULL', `No space left to create the system database ${file}.`, details);
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    const hint = 'Its folder must be writable by this user; or name another location with database_uri.';
    return new TaplineError('DATABASE_READONLY', `The system database ${file} can't be created here (${code}).`, {
      ...details,
      hint,
    });
  }
  const hint = `Its folder ${dirname(file)} must exist. See database_uri.`;
  return new TaplineError('DATABASE_OPEN', `The system database ${file} can't be created (${code ?? String(error)}).`, {
    ...details,
    hint,
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}
