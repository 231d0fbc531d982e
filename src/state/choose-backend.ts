/** Finds what `state_backend` means, without opening anything. */
import { join } from 'node:path';
import { didYouMean } from '../did-you-mean.js';
import { type ErrorCode, type SourceLocation, TaplineError } from '../errors.js';
import { databaseKind } from './systemdb/uri.js';

export interface StateBackendWords {
  /** The setting `state_backend.uri` (or the word that `state_backend` itself is), expanded. */
  uri: string;
  /** The setting `database_uri`, for the words that name a database. */
  databaseUri?: string | undefined;
  /** `.meltano`, where the word `filesystem` keeps states. */
  sysDir?: string | undefined;
  /** The location of the setting; looked up for errors only. */
  locate?: (() => SourceLocation | undefined) | undefined;
}

export interface ChosenBackend {
  kind: 'systemdb' | 'file' | 's3';
  uri: string;
}

type DatabaseKind = 'sqlite' | 'postgres';

const databaseNames: Record<DatabaseKind, string> = { sqlite: 'SQLite', postgres: 'PostgreSQL' };
const databaseWords = new Map<string, DatabaseKind>([
  ['sqlite', 'sqlite'],
  ['postgres', 'postgres'],
  ['postgresql', 'postgres'],
]);
const kinds = ['systemdb', 'file', 's3'] as const;
const words = ['systemdb', ...databaseWords.keys(), 'filesystem', 'file', 's3'];

/** Stores that the original supports and Tapline does not yet. */
const elsewhere = new Map([
  ['gs', 'Google Cloud Storage'],
  ['gcs', 'Google Cloud Storage'],
  ['azure', 'Azure Blob Storage'],
  ['snowflake', "Snowflake (an add-on of Meltano's, in Python)"],
]);

/** Throws STATE_BACKEND_UNKNOWN and STATE_BACKEND_SETTINGS. */
export function chooseBackend({ uri, databaseUri, sysDir, locate }: StateBackendWords): ChosenBackend {
  const chosen = choose(uri.trim(), databaseUri, sysDir);
  if (chosen.kind !== 'fault') return chosen;
  const { code, message, hint, data } = chosen.fault;
  throw new TaplineError(code, message, { hint, data, at: locate?.() });
}

/** Checks what the settings name; an undefined one is not known yet. Throws DATABASE_URI and what `chooseBackend` throws. */
export function checkBackendSettings({
  uri,
  ...others
}: Omit<StateBackendWords, 'uri'> & { uri: string | undefined }): void {
  if (others.databaseUri !== undefined) databaseKind(others.databaseUri);
  if (uri !== undefined) chooseBackend({ uri, ...others });
}

interface Fault {
  code: ErrorCode;
  message: string;
  hint: string;
  data?: Record<string, unknown>;
}

function choose(
  uri: string,
  databaseUri: string | undefined,
  sysDir: string | undefined,
): ChosenBackend | { kind: 'fault'; fault: Fault } {
  const scheme = /^([A-Za-z][\w+.-]*):/.exec(uri)?.[1]?.toLowerCase();
  const word = scheme ?? uri.toLowerCase();
  const kind = kinds.find((each) => each === word);
  if (/^s3(:\/*)?$/i.test(uri)) return { kind: 'fault', fault: noBucket };
  if (scheme !== undefined && kind !== undefined) return { kind, uri };
  const database = databaseWords.get(word.split('+')[0] ?? '');
  if (scheme !== undefined)
    return { kind: 'fault', fault: database === undefined ? unknown(scheme) : databaseAsBackend };
  if (word === 'systemdb') return { kind: 'systemdb', uri };
  if (word === 'filesystem' && sysDir !== undefined) return { kind: 'file', uri: `file://${join(sysDir, 'state')}` };
  if (database === undefined) return { kind: 'fault', fault: unknown(word) };
  // The word says which database is meant, so that a forgotten `database_uri` is not taken for a choice.
  const actual = databaseUri === undefined ? database : databaseKind(databaseUri);
  return actual === database
    ? { kind: 'systemdb', uri: 'systemdb' }
    : { kind: 'fault', fault: otherDatabase(word, database, actual) };
}

function otherDatabase(word: string, wanted: DatabaseKind, actual: DatabaseKind): Fault {
  const cures: Record<DatabaseKind, string> = {
    postgres: 'Set `database_uri: postgresql://user:password@host:5432/name` (or MELTANO_DATABASE_URI)',
    sqlite: 'Leave database_uri out for .meltano/meltano.db',
  };
  return {
    code: 'STATE_BACKEND_SETTINGS',
    message: `state_backend is ${word}, which means the system database, but database_uri names ${databaseNames[actual]}.`,
    hint: `${cures[wanted]}, or set \`state_backend: systemdb\`.`,
    data: { word, database: actual },
  };
}

const noBucket: Fault = {
  code: 'STATE_BACKEND_SETTINGS',
  message: 'state_backend is S3 but does not name a bucket.',
  hint: 'Write `state_backend: {uri: "s3://bucket/prefix"}`.',
};

const databaseAsBackend: Fault = {
  code: 'STATE_BACKEND_SETTINGS',
  message: 'state_backend.uri is the address of a database.',
  hint: 'Set it as `database_uri`, and leave state_backend out (or `state_backend: systemdb`): then state is kept there.',
};

function unknown(scheme: string): Fault {
  const supported = 'Supported: systemdb (the default), file:///absolute/folder and s3://bucket/prefix.';
  const move =
    'To copy states: `meltano state get ID > state.json` there, `tapline state set ID --input-file state.json` here.';
  const other = elsewhere.get(scheme);
  const near = scheme === '' || other !== undefined ? undefined : didYouMean(scheme, words);
  return {
    code: 'STATE_BACKEND_UNKNOWN',
    message: unknownMessage(scheme, other),
    hint: [near, supported, move].filter((part) => part !== undefined).join(' '),
    data: { scheme },
  };
}

function unknownMessage(scheme: string, other: string | undefined): string {
  if (scheme === '') return 'state_backend.uri is empty.';
  if (other === undefined) return `There is no state backend for "${scheme}".`;
  return `State in ${other} can't be used yet ("${scheme}").`;
}
