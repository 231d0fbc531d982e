/** What SQLite's error codes mean for the person who runs it. */
import { type ErrorCode, TaplineError } from '../../../errors.js';

interface Fault {
  code: ErrorCode;
  message: (location: string) => string;
  hint: string;
}

const newDatabase =
  'If nothing can be recovered, move it away (with its -wal and -shm files), and Tapline creates a new one.';

const full: Fault = {
  code: 'DISK_FULL',
  message: (location) => `No space left for the system database ${location}.`,
  hint: 'Free some space on that disk: nothing was changed.',
};

/** By SQLite's primary result code; extended codes (SQLITE_IOERR_WRITE ...) begin with it, and go first where they are named here. */
const faults: Record<string, Fault> = {
  // The file that its processes share (-shm) can't grow.
  SQLITE_IOERR_SHMSIZE: full,
  SQLITE_BUSY: {
    code: 'DATABASE_LOCKED',
    message: (location) => `The system database ${location} is locked by another process.`,
    hint: 'Find the process that holds it (`fuser` on the file), or try again later.',
  },
  SQLITE_LOCKED: {
    code: 'DATABASE_LOCKED',
    message: (location) => `The system database ${location} is locked by another process.`,
    hint: 'Try again when the other process is done.',
  },
  SQLITE_READONLY: {
    code: 'DATABASE_READONLY',
    message: (location) => `The system database ${location} can't be written.`,
    hint: 'The file and its folder must be writable by this user (SQLite keeps -wal and -shm files beside it).',
  },
  SQLITE_PERM: {
    code: 'DATABASE_READONLY',
    message: (location) => `The system database ${location} can't be written.`,
    hint: 'The file and its folder must be writable by this user.',
  },
  SQLITE_CANTOPEN: {
    code: 'DATABASE_OPEN',
    message: (location) => `The system database ${location} can't be opened.`,
    hint: 'Its folder must exist, and this user must be able to read and write both. See database_uri.',
  },
  SQLITE_NOTADB: {
    code: 'DATABASE_BROKEN',
    message: (location) => `${location} is not an SQLite database.`,
    hint: 'Check database_uri; it must name a file that Tapline or Meltano created, or one that does not exist yet.',
  },
  SQLITE_CORRUPT: {
    code: 'DATABASE_BROKEN',
    message: (location) => `The system database ${location} is damaged.`,
    hint: `Restore it from a backup, or save what can be read with \`sqlite3 FILE .recover\`. ${newDatabase}`,
  },
  SQLITE_FULL: full,
  SQLITE_IOERR: {
    code: 'DATABASE_BROKEN',
    message: (location) => `The disk refused to read or write the system database ${location}.`,
    hint: 'Check the disk, and its free space. SQLite does not work reliably on network file systems.',
  },
};

export function isLocked(error: unknown): boolean {
  const primary = primaryCode(error);
  return primary === 'SQLITE_BUSY' || primary === 'SQLITE_LOCKED';
}

/** A coded error for what SQLite threw; anything else comes back as it is. */
export function explainFault(error: unknown, location: string): unknown {
  const primary = primaryCode(error);
  const fault = primary === undefined ? undefined : (faults[(error as { code: string }).code] ?? faults[primary]);
  if (fault === undefined) return error;
  return new TaplineError(fault.code, fault.message(location), {
    hint: fault.hint,
    cause: error,
    data: { sqlite: (error as { code: string }).code },
  });
}

export function primaryCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' ? /^SQLITE_[A-Z]+/.exec(code)?.[0] : undefined;
}
