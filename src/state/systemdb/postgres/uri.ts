/** `database_uri` of PostgreSQL: SQLAlchemy's spelling around libpq's options, and libpq's variables for what it leaves out. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { TaplineError } from '../../../errors.js';
import { passwordFromFile } from './password-file.js';

export type Tls = ConnectionOptions | false;

export interface PostgresTarget {
  host: string;
  port: number;
  user: string;
  password: string | undefined;
  database: string;
  /** For the server: `-c search_path=name`. */
  options: string | undefined;
  applicationName: string;
  /** 0 for no limit. */
  connectSeconds: number;
  keepAlive: boolean;
  keepAliveSeconds: number | undefined;
  /** In the order in which they are tried. */
  tls: readonly Tls[];
  /** Without secrets. */
  location: string;
}

/** The options after `?`, each with the variable that is used if the URI does not set it. */
const variables: Record<string, string | undefined> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  dbname: 'PGDATABASE',
  options: 'PGOPTIONS',
  application_name: 'PGAPPNAME',
  fallback_application_name: undefined,
  connect_timeout: 'PGCONNECT_TIMEOUT',
  client_encoding: 'PGCLIENTENCODING',
  keepalives: undefined,
  keepalives_idle: undefined,
  sslmode: 'PGSSLMODE',
  sslrootcert: 'PGSSLROOTCERT',
  sslcert: 'PGSSLCERT',
  sslkey: 'PGSSLKEY',
  sslpassword: undefined,
  sslcrl: 'PGSSLCRL',
  ssl_min_protocol_version: 'PGSSLMINPROTOCOLVERSION',
  channel_binding: 'PGCHANNELBINDING',
  gssencmode: 'PGGSSENCMODE',
  target_session_attrs: 'PGTARGETSESSIONATTRS',
  service: 'PGSERVICE',
};

/** Taken only where they ask for what is done anyway. */
const fixed: Record<string, readonly string[]> = {
  channel_binding: ['prefer', 'disable'],
  gssencmode: ['prefer', 'disable'],
  target_session_attrs: ['any'],
  service: [],
};

const defaultPort = 5432;
const defaultConnectSeconds = 10;

/** Throws DATABASE_URI. */
export function parsePostgresUri(uri: string, env: NodeJS.ProcessEnv): PostgresTarget {
  const parts = partsOf(uri.trim());
  // Options after `?` take precedence, as in SQLAlchemy.
  const given = new Map([...entriesOf({ ...parts, query: undefined }), ...queryOf(parts.query)]);
  const option = (name: string): string | undefined => {
    const variable = variables[name];
    return given.get(name) ?? (variable === undefined ? undefined : env[variable] || undefined);
  };
  checkFixed(option);
  const port = numberOf('port', option('port')) ?? defaultPort;
  const host = option('hostaddr') ?? option('host') ?? socketFolder(port) ?? 'localhost';
  if (host.includes(',')) throw badOption('host', 'only one server can be named');
  const user = option('user') ?? userName();
  const database = option('dbname') ?? user;
  const isSocket = host.startsWith('/');
  const options = option('options');
  return {
    host,
    port,
    user,
    password: option('password') ?? passwordFromFile(option('passfile'), { host, port, database, user }, env.HOME),
    database,
    options,
    applicationName: option('application_name') ?? option('fallback_application_name') ?? 'tapline',
    connectSeconds: numberOf('connect_timeout', option('connect_timeout')) ?? defaultConnectSeconds,
    keepAlive: option('keepalives') !== '0',
    keepAliveSeconds: numberOf('keepalives_idle', option('keepalives_idle')),
    tls: isSocket ? [false] : tlsOf(option, env),
    location: locationOf(host, port, database, options),
  };
}

interface Parts {
  user: string | undefined;
  password: string | undefined;
  host: string | undefined;
  port: string | undefined;
  dbname: string | undefined;
}

function partsOf(uri: string): Parts & { query: string } {
  const match =
    /^[\w+.-]+:\/\/(?:(?<user>[^:/?]*)(?::(?<password>[^@]*))?@)?(?:\[(?<six>[^/\]]+)\]|(?<host>[^/:?]+))?(?::(?<port>[^/?]*))?(?:\/(?<dbname>[^?]*))?(?:\?(?<query>.*))?$/s.exec(
      uri,
    );
  if (match?.groups === undefined) throw notUri();
  const { user, password, six, host, port, dbname, query = '' } = match.groups;
  // The rest of a password with an @ in it, most likely.
  if (`${host}${port}${dbname}`.includes('@')) throw notUri();
  return {
    user: decoded(user),
    password: decoded(password),
    host: decoded(six ?? host),
    port,
    // Not decoded, as in SQLAlchemy.
    dbname,
    query,
  };
}

function queryOf(query: string): [string, string][] {
  const given = [...new URLSearchParams(query)];
  for (const [name] of given) {
    if (!Object.hasOwn(variables, name)) throw badOption(name, 'it is not supported');
    if (given.filter(([other]) => other === name).length > 1) throw badOption(name, 'it is given more than once');
  }
  return given;
}

/** An empty part is one that was left out: `postgresql:///name`. */
function entriesOf(parts: object): [string, string][] {
  return Object.entries(parts).filter(([, value]) => typeof value === 'string' && value !== '') as [string, string][];
}

function checkFixed(option: (name: string) => string | undefined): void {
  for (const [name, values] of Object.entries(fixed)) {
    const value = option(name);
    if (value !== undefined && !values.includes(value)) throw badOption(name, 'its value is not supported');
  }
  const encoding = option('client_encoding') ?? 'utf8';
  if (!/^(utf-?8|auto)$/i.test(encoding)) throw badOption('client_encoding', 'it must be utf8');
}

/** As libpq takes them: `require` checks the certificate only where there is a root to check it by. */
function tlsOf(option: (name: string) => string | undefined, env: NodeJS.ProcessEnv): readonly Tls[] {
  const mode = option('sslmode') ?? 'prefer';
  const files = filesOf(option, env);
  const unchecked: Tls = { ...files.own, rejectUnauthorized: false };
  const checked = (): ConnectionOptions => ({ ...files.own, ...files.root(), rejectUnauthorized: true });
  const authorityOnly = (): Tls => ({ ...checked(), checkServerIdentity: () => undefined });
  const modes: Record<string, () => readonly Tls[]> = {
    disable: () => [false],
    allow: () => [false, unchecked],
    prefer: () => [unchecked, false],
    require: () => [files.hasRoot ? authorityOnly() : unchecked],
    'verify-ca': () => [authorityOnly()],
    'verify-full': () => [checked()],
  };
  const choices = Object.hasOwn(modes, mode) ? modes[mode] : undefined;
  if (choices === undefined) throw badOption('sslmode', `it must be one of: ${Object.keys(modes).join(', ')}`);
  return choices();
}

function filesOf(option: (name: string) => string | undefined, env: NodeJS.ProcessEnv) {
  const folder = join(env.HOME ?? homedir(), '.postgresql');
  const given = (name: string, usual: string): string | undefined => {
    const usualPath = join(folder, usual);
    return option(name) ?? (existsSync(usualPath) ? usualPath : undefined);
  };
  const root = given('sslrootcert', 'root.crt');
  const files = { cert: given('sslcert', 'postgresql.crt'), key: given('sslkey', 'postgresql.key') };
  const version = option('ssl_min_protocol_version');
  if (version !== undefined && !/^TLSv1(\.[123])?$/.test(version))
    throw badOption('ssl_min_protocol_version', 'it must be TLSv1.2 or TLSv1.3');
  const own: ConnectionOptions = {
    ...(files.cert === undefined ? {} : { cert: textOf('sslcert', files.cert) }),
    ...(files.key === undefined ? {} : { key: textOf('sslkey', files.key) }),
    ...(option('sslpassword') === undefined ? {} : { passphrase: option('sslpassword') }),
    ...(option('sslcrl') === undefined ? {} : { crl: textOf('sslcrl', option('sslcrl') ?? '') }),
    ...(version === undefined ? {} : { minVersion: version as 'TLSv1.2' }),
  };
  return {
    own,
    hasRoot: root !== undefined,
    root: (): ConnectionOptions => {
      if (root === undefined)
        throw badOption('sslrootcert', `it is missing, and there is no ${join(folder, 'root.crt')}`);
      return root === 'system' ? {} : { ca: textOf('sslrootcert', root) };
    },
  };
}

function textOf(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw badOption(name, `the file ${file} can't be read (${(error as NodeJS.ErrnoException).code})`, error);
  }
}

/** Where libpq of most systems looks for a server on this machine. */
function socketFolder(port: number): string | undefined {
  return ['/var/run/postgresql', '/tmp'].find((folder) => existsSync(join(folder, `.s.PGSQL.${port}`)));
}

function locationOf(host: string, port: number, database: string, options: string | undefined): string {
  const server = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const path = /(?:-c\s*|--)search_path=((?:\\.|\S)+)/.exec(options ?? '')?.[1];
  const schema = path?.split(',')[0]?.replace(/^\s*"?|"?\s*$/g, '');
  return `${server}/${database}${schema === undefined ? '' : ` (schema ${schema})`}`;
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text)) throw badOption(name, 'it is not a whole number');
  return Number(text);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'postgres';
  }
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Neither repeats what may be a password. */
function notUri(): TaplineError {
  return new TaplineError('DATABASE_URI', 'database_uri could not be parsed.', {
    hint: 'It is postgresql://user:password@host:5432/name. Write @ : / ? # and % in user or password as %40 %3A %2F %3F %23 %25.',
  });
}

function badOption(name: string, why: string, cause?: unknown): TaplineError {
  const shown = /^\w{1,40}$/.test(name) ? `"${name}"` : 'an option';
  return new TaplineError('DATABASE_URI', `database_uri: ${shown} can't be used: ${why}.`, {
    hint: `Known after \`?\` (or as PG* variables): ${Object.keys(variables)
      .filter((known) => fixed[known] === undefined)
      .join(', ')}.`,
    cause,
  });
}
