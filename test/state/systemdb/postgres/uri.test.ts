import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TaplineError } from '../../../../src/errors.js';
import { passwordFromFile } from '../../../../src/state/systemdb/postgres/password-file.js';
import { parsePostgresUri } from '../../../../src/state/systemdb/postgres/uri.js';
import { databaseKind } from '../../../../src/state/systemdb/uri.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapline-uri-'));
});
afterAll(() => rm(folder, { recursive: true }));

const parse = (uri: string, env: NodeJS.ProcessEnv = {}) => parsePostgresUri(uri, { HOME: folder, ...env });

describe('a URI of PostgreSQL', () => {
  test.each([
    [
      'postgresql://me:pw@db.example:6432/name',
      { host: 'db.example', port: 6432, user: 'me', password: 'pw', database: 'name' },
    ],
    ['postgres://me@h/name', { host: 'h', port: 5432, password: undefined }],
    ['postgresql+psycopg2://me@h/name', { host: 'h' }],
    ['postgresql+psycopg://me@h/name', { host: 'h' }],
    ['postgresql+pg8000://me@h/name', { host: 'h' }],
    ['postgresql://me:p%40s%2Fs%3Aw%25@h/name', { host: 'h', password: 'p@s/s:w%' }],
    ['postgresql://me:a/b?c@h/name', { host: 'h', password: 'a/b?c' }],
    ['postgresql://m%40e@h/name', { user: 'm@e' }],
    ['postgresql://me@[::1]:5433/name', { host: '::1', port: 5433, location: '[::1]:5433/name' }],
    ['postgresql://me@h', { user: 'me', database: 'me' }],
    ['postgresql://me@/name?host=/var/run/x&port=5433', { host: '/var/run/x', port: 5433, tls: [false] }],
    ['postgresql://me@h/name?dbname=other&user=you&password=pw', { user: 'you', database: 'other', password: 'pw' }],
    [
      'postgresql://me@h/name?options=-csearch_path%3Dmelt',
      { options: '-csearch_path=melt', location: 'h:5432/name (schema melt)' },
    ],
    ['postgresql://me@h/name?options=-c%20search_path%3D"melt",public', { location: 'h:5432/name (schema melt)' }],
    ['postgresql://me@h/name?options=--search_path%3Dmelt', { location: 'h:5432/name (schema melt)' }],
    [
      'postgresql://me@h/name?connect_timeout=3&application_name=x&keepalives=0',
      { connectSeconds: 3, applicationName: 'x', keepAlive: false },
    ],
    ['postgresql://me@h/name?sslmode=disable', { tls: [false] }],
    ['postgresql://me@h/name?sslmode=require', { tls: [{ rejectUnauthorized: false }] }],
    ['postgresql://me@h/name', { tls: [{ rejectUnauthorized: false }, false] }],
    ['postgresql://me@h/name?target_session_attrs=any&channel_binding=prefer&client_encoding=UTF8', { host: 'h' }],
  ])('%s', (uri, expected) => {
    expect(databaseKind(uri)).toBe('postgres');
    expect(parse(uri)).toMatchObject(expected);
  });

  test('leaves out what variables tell, and wins over them', () => {
    const env = {
      PGHOST: 'h',
      PGPORT: '1',
      PGUSER: 'u',
      PGPASSWORD: 'p',
      PGDATABASE: 'd',
      PGOPTIONS: '-csearch_path=s',
      PGSSLMODE: 'disable',
    };
    const told = {
      host: 'h',
      port: 1,
      user: 'u',
      password: 'p',
      database: 'd',
      options: '-csearch_path=s',
      tls: [false],
    };
    expect(parse('postgresql://', env)).toMatchObject(told);
    expect(parse('postgresql://you:pw@there:2/name', env)).toMatchObject({
      host: 'there',
      port: 2,
      user: 'you',
      password: 'pw',
      database: 'name',
    });
  });

  test.each([
    ['postgresql://me:hunter2@more@h/name', '%40'],
    ['postgresql://me:hunter2@m/ore@h/name', '%40'],
    ['postgresql://me:hunter2@h:port/name', '"port"'],
    ['postgresql://me:hunter2@h/name?sslmode=maybe', '"sslmode"'],
    ['postgresql://me:hunter2@h/name?sslmode=verify-full', 'root.crt'],
    ['postgresql://me:hunter2@h/name?sslmode=verify-full&sslrootcert=/no/such', '/no/such'],
    ['postgresql://me:hunter2@h/name?sslcert=/no/such', '/no/such'],
    ['postgresql://me:hunter2@h/name?target_session_attrs=read-write', '"target_session_attrs"'],
    ['postgresql://me:hunter2@h/name?gssencmode=require', '"gssencmode"'],
    ['postgresql://me:hunter2@h/name?client_encoding=latin1', '"client_encoding"'],
    ['postgresql://me:hunter2@h/name?host=a&host=b', '"host"'],
    ['postgresql://me:hunter2@h/name?host=a,b', '"host"'],
    ['postgresql://me:hunter2@h/name?passwort=hunter2', '"passwort"'],
    ['postgresql://me:hunter2@h/name?service=x', '"service"'],
  ])('%s is refused, and no password is repeated', (uri, part) => {
    let error: unknown;
    try {
      parse(uri);
    } catch (thrown) {
      error = thrown;
    }
    if (!(error instanceof TaplineError)) expect.fail('it was accepted');
    expect(error.code).toBe('DATABASE_URI');
    expect(`${error.message} ${error.hint}`).toContain(part);
    expect(`${error.message} ${error.hint}`).not.toContain('hunter2');
  });
});

describe('a password file', () => {
  const login = { host: 'h', port: 5432, database: 'd', user: 'u' };

  test('gives the password of the first line that fits', async () => {
    const file = join(folder, '.pgpass');
    const lines = [
      '# a comment:5432:d:u:no',
      'h:1:d:u:no',
      'h:5432:d:other:no',
      'localhost:*:*:u:socket',
      'h:*:*:u:p\\:w\\\\d',
      '*:*:*:*:any',
    ];
    await writeFile(file, lines.join('\n'), { mode: 0o600 });
    expect(passwordFromFile(undefined, login, folder)).toBe('p:w\\d');
    expect(passwordFromFile(file, { ...login, host: '/run' })).toBe('socket');
    expect(passwordFromFile(file, { ...login, user: 'x' })).toBe('any');
    expect(parse('postgresql://u@h/d').password).toBe('p:w\\d');
  });

  test('is left alone where others may read it, or where there is none', async () => {
    const file = join(folder, 'open');
    await writeFile(file, '*:*:*:*:x', { mode: 0o644 });
    expect(passwordFromFile(file, login)).toBeUndefined();
    expect(passwordFromFile('/no/such', login)).toBeUndefined();
  });
});
