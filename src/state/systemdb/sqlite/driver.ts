/** better-sqlite3, loaded when the first database is opened: no other command pays for it. */
import type BetterSqlite from 'better-sqlite3';
import { TaplineError } from '../../../errors.js';

export type Driver = BetterSqlite.Database;

/** How long SQLite itself waits for a lock, in ms. It blocks the event loop for that time, so it is short; see untilUnlocked. */
const blockingWait = 10;

/** `file`: a path, or the bytes of a database to work on in memory. */
export async function openDriver(file: string | Buffer, { readOnly = false } = {}): Promise<Driver> {
  try {
    const { default: Constructor } = await import('better-sqlite3');
    return new Constructor(file, { readonly: readOnly, timeout: blockingWait });
  } catch (error) {
    throw isNotLoaded(error) ? driverMissing(error) : error;
  }
}

/** The package, or its compiled part, is missing or made for another Node. */
function isNotLoaded(error: unknown): boolean {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  const codes = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND', 'ERR_DLOPEN_FAILED'];
  return codes.includes(String(code)) || message.startsWith('Could not locate the bindings file');
}

function driverMissing(error: unknown): TaplineError {
  const reason = String(error instanceof Error ? error.message : error).split('\n')[0];
  return new TaplineError('DATABASE_OPEN', `The SQLite driver can't be loaded: ${reason}`, {
    hint: `Run \`npm rebuild better-sqlite3\` with this Node (${process.version}) where Tapline is installed; npm must be allowed to run its install script.`,
    cause: error,
  });
}
