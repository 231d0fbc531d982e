import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { PluginError, reasonOf } from '../../singer/kit/plugin-process.js';

export type Database = BetterSqlite.Database;

/** SQLite itself waits this long for a lock before we see that the database is busy. In milliseconds. */
const busyTimeout = 5000;

/** Opens the file, so that readers and writers don't block each other (WAL) and a commit outlives a power cut. */
export function openDatabase(path: string, busySeconds: number): Database {
  return explained(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    const database = new BetterSqlite(path, { timeout: Math.min(busyTimeout, busySeconds * 1000) });
    retryWhileBusy(path, busySeconds, () => {
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
    });
    return database;
  });
}

export interface TransactionEnds {
  committed(): void;
  rolledBack(): void;
}

/** One write transaction; tried again while another program writes. */
export function inTransaction(
  database: Database,
  path: string,
  busySeconds: number,
  action: () => void,
  ends: TransactionEnds,
): void {
  const transaction = database.transaction(action);
  const attempt = (): void => {
    try {
      transaction.immediate();
    } catch (error) {
      ends.rolledBack();
      throw error;
    }
  };
  explained(path, () => retryWhileBusy(path, busySeconds, attempt));
  ends.committed();
}

/** SQLite has waited `busyTimeout` before each new try, and a change of the journal mode fails at once. */
function retryWhileBusy(path: string, busySeconds: number, action: () => void): void {
  const started = performance.now();
  for (;;) {
    try {
      action();
      return;
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() - started >= busySeconds * 1000) {
        throw new PluginError(
          `The database ${path} is locked: another program has been writing to it for ${busySeconds} s.`,
        );
      }
      pause(50);
    }
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof BetterSqlite.SqliteError && /^SQLITE_(?:BUSY|LOCKED)/.test(error.code);
}

/** The driver is synchronous, so waiting is too. */
function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

const reasons: [code: RegExp, reason: string][] = [
  [/^SQLITE_FULL/, 'the disk is full'],
  [/^SQLITE_READONLY/, 'it may not be written'],
  [/^SQLITE_CANTOPEN/, "it can't be opened"],
  [/^SQLITE_NOTADB/, 'it is not an SQLite database'],
  [/^SQLITE_CORRUPT/, 'it is damaged'],
  [/^SQLITE_IOERR/, 'the disk failed'],
];

/** What SQLite and the file system say, as one line that names the file. */
function explained<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof BetterSqlite.SqliteError) {
      const reason = reasons.find(([code]) => code.test(error.code))?.[1];
      throw new PluginError(`The database ${path} can't be written: ${reason ?? error.message} (${error.code}).`);
    }
    if (error instanceof Error && 'code' in error)
      throw new PluginError(`The database ${path} can't be opened: ${reasonOf(error)}.`);
    throw error;
  }
}
