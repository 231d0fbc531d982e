import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openStateBackend } from '../../src/state/open.js';
import { openSystemDatabase } from '../../src/state/systemdb/open.js';
import { errorFrom } from './error-from.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapline-state-'));
});
afterEach(() => rm(folder, { recursive: true }));

const noDatabase = () => Promise.reject(new Error('the system database was opened'));

describe('openStateBackend', () => {
  test('systemdb is the system database', async () => {
    const database = await openSystemDatabase({ uri: 'sqlite:///x.db', cwd: folder });
    const backend = await openStateBackend({ uri: 'systemdb', systemDatabase: async () => database });
    expect(backend).toMatchObject({ kind: 'systemdb', location: join(folder, 'x.db') });
    await backend.close();
    await database.close();
  });

  test('file:///... is a folder, made where it is missing, and needs no database', async () => {
    const backend = await openStateBackend({ uri: `file://${folder}/a/b/`, systemDatabase: noDatabase });
    expect(backend).toMatchObject({ kind: 'file', location: join(folder, 'a/b') });
    expect((await stat(join(folder, 'a/b'))).isDirectory()).toBe(true);
  });

  test('to look only, nothing is made', async () => {
    const backend = await openStateBackend({
      uri: `file://${folder}/none`,
      systemDatabase: noDatabase,
      readOnly: true,
    });
    expect(await backend.list()).toEqual([]);
    expect(await backend.leases.list()).toEqual([]);
    await expect(stat(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test.each(['gs://bucket', 'azure://container', 'snowflake://x', '', 'nonsense', 'constructor:'])(
    '%j is not supported, and what is is said',
    async (uri) => {
      const error = await errorFrom(openStateBackend({ uri, systemDatabase: noDatabase }));
      expect(error.code).toBe('STATE_BACKEND_UNKNOWN');
      expect(error.hint).toContain('systemdb');
      expect(error.hint).toContain('file:///');
      expect(`${error.message} ${error.hint}`).not.toContain('secret');
    },
  );

  const words = (uri: string, databaseUri: string) =>
    openStateBackend({
      uri,
      databaseUri,
      sysDir: join(folder, '.meltano'),
      systemDatabase: () => openSystemDatabase({ uri: 'sqlite://', cwd: folder }),
      locate: () => ({ file: 'meltano.yml', line: 3, col: 1 }),
    });
  const postgres = 'postgresql+psycopg2://me:topsecret@host/db';

  test.each([
    ['systemdb', postgres, 'systemdb'],
    ['sqlite', 'sqlite:////abs/x.db', 'systemdb'],
    ['Postgres', postgres, 'systemdb'],
    ['postgresql', postgres, 'systemdb'],
    ['filesystem', postgres, 'file'],
  ])('the word %s with database_uri %s is %s', async (word, databaseUri, kind) => {
    const backend = await words(word, databaseUri);
    expect(backend.kind).toBe(kind);
    if (kind === 'file') expect(backend.location).toBe(join(folder, '.meltano', 'state'));
  });

  test.each([
    ['postgres', 'sqlite:///x.db', 'STATE_BACKEND_SETTINGS', 'database_uri names SQLite', 'postgresql://'],
    ['sqlite', postgres, 'STATE_BACKEND_SETTINGS', 'database_uri names PostgreSQL', 'systemdb'],
    ['s3', postgres, 'STATE_BACKEND_SETTINGS', 'does not name a bucket', 's3://bucket/prefix'],
    ['s3://', postgres, 'STATE_BACKEND_SETTINGS', 'does not name a bucket', 's3://bucket/prefix'],
    [postgres, postgres, 'STATE_BACKEND_SETTINGS', 'address of a database', 'database_uri'],
    ['postgras', postgres, 'STATE_BACKEND_UNKNOWN', '"postgras"', "Did you mean 'postgres'?"],
    ['flie:///x', postgres, 'STATE_BACKEND_UNKNOWN', '"flie"', "Did you mean 'file'?"],
    ['gs://bucket/x', postgres, 'STATE_BACKEND_UNKNOWN', 'Google Cloud Storage', 's3://bucket/prefix'],
    ['azure://c', postgres, 'STATE_BACKEND_UNKNOWN', 'Azure Blob Storage', 'tapline state set'],
    ['snowflake://me:topsecret@x', postgres, 'STATE_BACKEND_UNKNOWN', 'Snowflake', 'systemdb'],
  ])('%s with database_uri %s is %s', async (uri, databaseUri, code, message, hint) => {
    const error = await errorFrom(words(uri, databaseUri));
    expect(error).toMatchObject({ code, at: { line: 3 }, message: expect.stringContaining(message) });
    expect(error.hint).toContain(hint);
    expect(`${error.message} ${error.hint}`).not.toContain('topsecret');
  });

  test.each(['file://relative/path', 'file:relative'])('%s names no absolute folder', async (uri) => {
    expect((await errorFrom(openStateBackend({ uri, systemDatabase: noDatabase }))).code).toBe('STATE_BACKEND_UNKNOWN');
  });

  test('a folder that is a file is said to be unusable', async () => {
    const error = await errorFrom(
      openStateBackend({ uri: `file://${import.meta.filename}/x`, systemDatabase: noDatabase }),
    );
    expect(error.code).toBe('STATE_NOT_SAVED');
    expect(error.message).toContain('ENOTDIR');
  });
});
