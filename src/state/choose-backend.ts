/** What `state_backend` means, found without opening anything. */
import { join } from 'node:path';
import { didYouMean } from '../did-you-mean.js';
import { type SourceLocation, TaplineError } from '../errors.js';
import { databaseKind } from './systemdb/uri.js';

export interface StateBackendWords {
  /** The setting `state_backend.uri` (or the word that `state_backend` itself is), expanded. */
  uri: string;
  /** The setting `database_uri`, for the words that name a database. */
  databaseUri?: string | undefined;
  /** `.meltano`, where the word `filesystem` keeps states. */
  sysDir?: string | undefined;
  /** Where it stands, for errors. */
  at?: SourceLocation | undefined;
}

export interface ChosenBackend {
  kind: 'systemdb' | 'file' | 's3';
  uri: string;
}

const databaseWords: Readonly<Record<string, 'sqlite' | 'postgres'>> = {
  sqlite: 'sqlite',
  postgres: 'postgres',
  postgresql: 'postgres',
};
const kinds = ['systemdb', 'file', 's3'] as const;
const words = ['systemdb', ...Object.keys(databaseWords), 'filesystem', 's3'];

/** What the original can use, and we can't yet. */
const elsewhere: Readonly<Record<string, string>> = {
  gs: 'Google Cloud Storage',
  gcs: 'Google Cloud Storage',
  azure: 'Azure Blob Storage',
  snowflake: "Snowflake (an add-on in Python of Meltano's)",
};

const supported = 'Supported: systemdb (the default), file:///absolute/folder and s3://bucket/prefix.';

/** Throws STATE_BACKEND_UNKNOWN and STATE_BACKEND_SETTINGS. */
export function chooseBackend({ uri, databaseUri, sysDir, at }: StateBackendWords): ChosenBackend {
  const text = uri.trim();
  const scheme = /^([A-Za-z][\w+.-]*):/.exec(text)?.[1]?.toLowerCase();
  const word = text.toLowerCase();
  if (scheme === undefined) {
    const database = Object.hasOwn(databaseWords, word) ? databaseWords[word] : undefined;
    if (database !== undefined) return ofDatabase(word, database, databaseUri, at);
    if (word === 'systemdb') return { kind: 'systemdb', uri: text };
    if (word === 'filesystem' && sysDir !== undefined) return { kind: 'file', uri: `file://${join(sysDir, 'state')}` };
    if (word === 's3') throw noBucket(at);
    throw unknown(word, at);
  }
  const kind = kinds.find((each) => each === scheme);
  if (kind !== undefined) return { kind, uri: text };
  if (Object.hasOwn(databaseWords, scheme.split('+')[0] ?? '')) throw databaseAsBackend(at);
  throw unknown(scheme, at);
}

/** The word says which database is meant, so that a forgotten `database_uri` is not taken for a choice. */
function ofDatabase(
  word: string,
  wanted: 'sqlite' | 'postgres',
  databaseUri: string | undefined,
  at: SourceLocation | undefined,
): ChosenBackend {
  const kind = databaseUri === undefined ? undefined : databaseKind(databaseUri);
  if (kind === undefined || kind === wanted) return { kind: 'systemdb', uri: 'systemdb' };
  const names = { sqlite: 'SQLite', postgres: 'PostgreSQL' };
  throw new TaplineError(
    'STATE_BACKEND_SETTINGS',
    `state_backend is ${word}, which means the system database, but database_uri names ${names[kind]}.`,
    {
      at,
      hint:
        wanted === 'postgres'
          ? 'Set `database_uri: postgresql://user:password@host:5432/name` (or MELTANO_DATABASE_URI), or `state_backend: systemdb`.'
          : 'Leave database_uri out for .meltano/meltano.db, or set `state_backend: systemdb`.',
      data: { word, database: kind },
    },
  );
}

function noBucket(at: SourceLocation | undefined): TaplineError {
  return new TaplineError('STATE_BACKEND_SETTINGS', 'state_backend is s3, but names no bucket.', {
    at,
    hint: 'Write `state_backend: {uri: "s3://bucket/prefix"}`.',
  });
}

function databaseAsBackend(at: SourceLocation | undefined): TaplineError {
  return new TaplineError('STATE_BACKEND_SETTINGS', 'state_backend.uri is the address of a database.', {
    at,
    hint: 'Set it as `database_uri`, and leave state_backend out (or `state_backend: systemdb`): then state is kept there.',
  });
}

function unknown(scheme: string, at: SourceLocation | undefined): TaplineError {
  const other = Object.hasOwn(elsewhere, scheme) ? elsewhere[scheme] : undefined;
  const message =
    scheme === ''
      ? 'state_backend.uri is empty.'
      : other === undefined
        ? `There is no state backend for "${scheme}".`
        : `State in ${other} can't be used yet ("${scheme}").`;
  const near = didYouMean(scheme, [...words, 'file']);
  const move =
    'To take states along: `meltano state get ID > state.json` there, `tapline state set ID --input-file state.json` here.';
  return new TaplineError('STATE_BACKEND_UNKNOWN', message, {
    at,
    hint: [other === undefined && scheme !== '' ? near : undefined, supported, move].filter(Boolean).join(' '),
    data: { scheme },
  });
}
