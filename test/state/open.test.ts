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

  test.each([
    'gs://bucket',
    'azure://container',
    'snowflake://x',
    '',
    'nonsense',
    'constructor:',
  ])('%j is not supported, and what is is said', async (uri) => {
    const error = await errorFrom(openStateBackend({ uri, systemDatabase: noDatabase }));
    expect(error.code).toBe('STATE_BACKEND_UNKNOWN');
    expect(error.hint).toContain('systemdb');
    expect(error.hint).toContain('file:///');
    expect(`${error.message} ${error.hint}`).not.toContain('secret');
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
