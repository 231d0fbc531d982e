/** better-sqlite3, loaded when the first database is opened: no other command pays for it. */
import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3';
import { TaplineError } from '../../../errors.js';

export type Driver = BetterSqlite.Database;

/** How long SQLite itself waits for a lock, in ms. It blocks the event loop for that time, so it is short; see untilUnlocked. */
const blockingWait = 25;

export interface DriverOptions {
  readOnly?: boolean;
}

/** `file`: a path, or the bytes of a database to work on in memory. */
export async function openDriver(file: string | Buffer, { readOnly = false }: DriverOptions = {}): Promise<Driver> {
  const Constructor = await loadPackage();
  return new Constructor(file, {
    readonly: readOnly,
    timeout: blockingWait,
    // Given here, since the package looks for it in a dozen places otherwise, which takes longer than to open a database.
    nativeBinding: loadAddon() as string,
  });
}

async function loadPackage(): Promise<typeof BetterSqlite> {
  try {
    return (await import('better-sqlite3')).default;
  } catch (error) {
    throw driverMissing(error);
  }
}

/** The type of the option names only the path, the package takes the loaded addon too. */
function loadAddon(): unknown {
  try {
    return createRequire(import.meta.url)('better-sqlite3/build/Release/better_sqlite3.node');
  } catch (error) {
    throw driverMissing(error);
  }
}

function driverMissing(error: unknown): TaplineError {
  return new TaplineError('DATABASE_OPEN', `The SQLite driver can't be loaded: ${firstLine(error)}`, {
    hint: `Run \`npm rebuild better-sqlite3\` with this Node (${process.version}) where Tapline is installed; it must be allowed to run its install script.`,
    cause: error,
  });
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n')[0] ?? '';
}
