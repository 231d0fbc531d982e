/** `database_uri` as SQLAlchemy spells it. */
import { isAbsolute, resolve } from 'node:path';
import { TaplineError } from '../../errors.js';

const kinds: Record<string, 'sqlite' | 'postgres'> = { sqlite: 'sqlite', postgresql: 'postgres', postgres: 'postgres' };

/** By the scheme, with or without a driver (`postgresql+psycopg2`). Throws DATABASE_URI. */
export function databaseKind(uri: string): 'sqlite' | 'postgres' {
  const scheme = /^([A-Za-z][\w+.-]*):\/\//.exec(uri.trim())?.[1];
  if (scheme === undefined) throw notUri(uri);
  const kind = kinds[scheme.split('+')[0]?.toLowerCase() ?? ''];
  if (kind === undefined) throw notSupported(scheme);
  return kind;
}

export interface SqliteUri {
  /** Absolute; undefined for a database in memory. */
  file: string | undefined;
  readOnly: boolean;
}

const supported =
  'Supported: sqlite:///relative/path.db, sqlite:////absolute/path.db and postgresql://user:password@host:5432/name.';

/**
 * `sqlite:///rel/path` (from `cwd`), `sqlite:////abs/path`, `sqlite://` (in memory), with a driver (`sqlite+pysqlite`)
 * and options after `?`, of which only `mode=ro` means anything here. The path is taken as it stands, as SQLAlchemy
 * does: `%20` is not a blank. Throws DATABASE_URI.
 */
export function parseSqliteUri(uri: string, cwd: string): SqliteUri {
  const rest = uri.trim().replace(/^[^:]*:\/\//, '');
  const [location = '', query = ''] = splitOnce(rest, '?');
  if (location !== '' && !location.startsWith('/')) throw hostInUri(uri);
  return fileOf(location.slice(1), new URLSearchParams(query), cwd);
}

function fileOf(path: string, options: URLSearchParams, cwd: string): SqliteUri {
  // pysqlite's own form of SQLite's URIs: sqlite:///file:path?mode=ro&uri=true
  const plain = options.get('uri') === 'true' ? path.replace(/^file:(?:\/\/)?/, '') : path;
  if (plain.includes('\0')) throw new TaplineError('DATABASE_URI', 'The path in database_uri has a NUL byte in it.');
  if (plain === '' || plain === ':memory:' || options.get('mode') === 'memory')
    return { file: undefined, readOnly: false };
  return { file: isAbsolute(plain) ? plain : resolve(cwd, plain), readOnly: options.get('mode') === 'ro' };
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function notUri(uri: string): TaplineError {
  // The text may hold a password, so only what can't be one is repeated.
  const what = uri.trim() === '' ? 'database_uri is empty.' : 'database_uri is not a URI.';
  return new TaplineError('DATABASE_URI', what, { hint: supported });
}

function hostInUri(uri: string): TaplineError {
  const path = uri.trim().replace(/^[^:]*:\/\//, '');
  const message = `database_uri has two slashes where SQLite needs three (${path.split(/[/?]/)[0]} is read as a host).`;
  return new TaplineError('DATABASE_URI', message, { hint: supported });
}

function notSupported(scheme: string): TaplineError {
  return new TaplineError('DATABASE_URI', `A system database of the kind "${scheme}" is not supported.`, {
    hint: `${supported} Leave database_uri out for .meltano/meltano.db.`,
    data: { scheme },
  });
}
