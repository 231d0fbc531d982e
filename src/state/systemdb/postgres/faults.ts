/** What PostgreSQL's codes, and those of the way to it, mean for the person who runs it. */
import { type ErrorCode, TaplineError } from '../../../errors.js';

interface Fault {
  code: ErrorCode;
  message: (location: string, detail: string) => string;
  hint: string;
}

const away: Fault = {
  code: 'DATABASE_UNREACHABLE',
  message: (location, detail) => `The system database ${location} can't be reached: ${detail}.`,
  hint: 'Check that the server is running, and the host and port in database_uri.',
};
const refused = (hint: string): Fault => ({
  code: 'DATABASE_REFUSED',
  message: (location, detail) => `The system database ${location} refused: ${detail}.`,
  hint,
});
const login = refused(
  'Check user and password in database_uri (or PGPASSWORD, or the password file), and pg_hba.conf of the server.',
);
const options = refused('Check the options after `?` in database_uri, especially `options` (or PGOPTIONS).');
const gone = refused('Tables or their schema were removed: restore them from a backup, or start with a new database.');
const tls = refused('Check sslmode and sslrootcert in database_uri, and what the server offers.');
const busy: Fault = {
  code: 'DATABASE_LOCKED',
  message: (location) => `The system database ${location} is kept busy by other processes.`,
  hint: 'See pg_stat_activity for the session that holds the lock, or try again.',
};
/** A trigger, a rule, a setting of the server: nothing that another try would change. */
const other = refused('See the log of the server, and the triggers and limits of these tables.');
const full: Fault = {
  code: 'DISK_FULL',
  message: (location) => `No space left for the system database ${location}.`,
  hint: "Free some space on the server's disk: nothing was changed.",
};
const broken: Fault = {
  code: 'DATABASE_BROKEN',
  message: (location, detail) => `The system database ${location} is damaged: ${detail}.`,
  hint: 'See the log of the server; restore it from a backup.',
};
const readOnly: Fault = {
  code: 'DATABASE_READONLY',
  message: (location) => `The system database ${location} can't be written: the server, or this user, may only read.`,
  hint: 'Name the primary server in database_uri, and see default_transaction_read_only of the user.',
};

/** By SQLSTATE, whole or its class. */
const sqlStates: Record<string, Fault> = {
  '08': away,
  '25006': readOnly,
  // The server has ended a transaction that stood still.
  '25P03': away,
  '28': login,
  // A wish in `options` that the server can't meet.
  '22023': options,
  '42704': options,
  '42P01': gone,
  '42883': refused('PostgreSQL 13 or later is needed; check its version (SELECT version()).'),
  '3D000': refused('Create that database (`createdb`), or correct its name in database_uri.'),
  '3F000': refused('Create that schema (CREATE SCHEMA), or correct search_path in the `options` of database_uri.'),
  '40001': busy,
  '40P01': busy,
  '42501': refused(
    'The user needs CREATE on the schema for the first use, and SELECT, INSERT, UPDATE and DELETE on its tables.',
  ),
  '53100': full,
  '53200': away,
  '53300': away,
  '53400': away,
  '55P03': busy,
  '57P': away,
  '57014': busy,
  '58030': broken,
  XX001: broken,
  XX002: broken,
};

/** What the network, and pg by words alone, says of a server that is away. */
const awayCodes = /^(ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST\w+|ENET\w+|ENOENT|ENOTCONN|EADDRNOTAVAIL)$/;
const awayWords =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|Query read timeout|timeout )/;
const tlsCodes = /CERT|^ERR_(SSL|TLS)|^(UNABLE_TO|SELF_SIGNED|DEPTH_ZERO)/;
const tlsWords = /SSL connection|secure TLS|before secure/;
const noPassword = /password must be a (non-empty )?string/;

/** Another try may succeed: the connection is lost, or none is available now. */
export function isAway(error: unknown): boolean {
  return faultOf(error) === away;
}

/** Another process was in the way; nothing of this transaction has happened. */
export function isConflict(error: unknown): boolean {
  return faultOf(error) === busy;
}

/** Worth a try with TLS where it was without, and the other way round. */
export function isAboutTls(error: unknown): boolean {
  return faultOf(error) === tls || sqlState(error)?.startsWith('28') === true || codeOf(error) === 'ECONNRESET';
}

export function isMissingTable(error: unknown): boolean {
  return ['42P01', '3F000'].includes(sqlState(error) ?? '');
}

/** Somebody else made the same table, in the same moment. */
export function isMadeByOthers(error: unknown): boolean {
  return ['42P07', '23505', '42710'].includes(sqlState(error) ?? '');
}

/** A coded error for what pg threw; anything else comes back as it is. */
export function explainFault(error: unknown, location: string): unknown {
  const fault = faultOf(error);
  if (fault === undefined) return error;
  return new TaplineError(fault.code, fault.message(location, detailOf(error)), {
    hint: fault.hint,
    cause: error,
    data: { postgres: codeOf(error) },
  });
}

function faultOf(error: unknown): Fault | undefined {
  if (!(error instanceof Error) || error instanceof TaplineError) return undefined;
  const state = sqlState(error);
  if (state !== undefined) return faultOfState(state);
  const code = codeOf(error) ?? '';
  if (tlsCodes.test(code) || tlsWords.test(error.message)) return tls;
  if (awayCodes.test(code) || awayWords.test(error.message)) return away;
  if (noPassword.test(error.message) || error.message.startsWith('SASL')) return login;
  return undefined;
}

/** The rest of class 42 (a statement that the server can't read) is a fault of ours, and is shown as one. */
function faultOfState(state: string): Fault | undefined {
  const known = sqlStates[state] ?? sqlStates[state.slice(0, 3)] ?? sqlStates[state.slice(0, 2)];
  return known ?? (state.startsWith('42') ? undefined : other);
}

function sqlState(error: unknown): string | undefined {
  const code = codeOf(error);
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code) && 'severity' in (error as object) ? code : undefined;
}

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

function detailOf(error: unknown): string {
  const { message = '' } = error as Error;
  if (noPassword.test(message)) return 'it asks for a password, but none is given';
  const text = message === '' ? (codeOf(error) ?? 'unknown reason') : message;
  return text.split('\n')[0]?.replace(/\.$/, '') ?? text;
}
