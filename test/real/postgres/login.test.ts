/** Passwords and TLS, as libpq takes them. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/state/systemdb/database.js';
import { openSystemDatabase } from '../../../src/state/systemdb/open.js';
import { errorFrom } from '../../state/error-from.js';
import { hasServerPrograms, PrivateServer } from './private-server.js';

const isThere = await hasServerPrograms();
const password = "p@ss:w/ö'rd?";
const inUri = encodeURIComponent(password);

let server: PrivateServer;
const opened: Database[] = [];

beforeAll(async () => {
  if (isThere) server = await PrivateServer.make(password);
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
});
afterAll(() => server?.remove());

async function open(uri: string, env: NodeJS.ProcessEnv = {}): Promise<Database> {
  const database = await openSystemDatabase({ uri, cwd: '/', env, lockedSeconds: 0 });
  opened.push(database);
  return database;
}

const usesTls = async (database: Database) => {
  const row = await database.read((transaction) =>
    transaction.get('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()'),
  );
  return row?.ssl === 1;
};

describe.skipIf(!isThere)('a password', () => {
  test('is taken from the URI, from its options, from PGPASSWORD, from the password file', async () => {
    await open(server.uri(`scram:${inUri}`));
    await open(server.uri('scram', `?password=${inUri}`));
    await open(server.uri('scram'), { PGPASSWORD: password });
    const file = join(server.folder, 'passwords');
    await writeFile(file, `localhost:${server.port}:*:scram:${password.replaceAll(':', '\\:')}\n`, { mode: 0o600 });
    const { location } = await open(server.uri('scram'), { PGPASSFILE: file });
    expect(location).toBe(`localhost:${server.port}/postgres`);
    await open(server.uri('scram', `?passfile=${encodeURIComponent(file)}`));
    await chmod(file, 0o644);
    expect(await errorFrom(open(server.uri('scram'), { PGPASSFILE: file }))).toMatchObject({
      code: 'DATABASE_REFUSED',
    });
  });

  test.each([
    ['that is wrong', () => server.uri('scram:hunter2')],
    ['that is missing', () => server.uri('scram')],
  ])('%s is said to be so, and shown nowhere', async (_, uri) => {
    const error = await errorFrom(open(uri(), { PGPASSFILE: '/no/such/file' }));
    expect(error).toMatchObject({ code: 'DATABASE_REFUSED', hint: expect.stringContaining('password') });
    expect(JSON.stringify([error.message, error.hint, error.data, String(error.cause)])).not.toContain('hunter2');
  });

  test('is not asked for by a socket', async () => {
    expect((await open(server.socketUri)).location).toBe(`${server.folder}:${server.port}/postgres`);
  });
});

describe.skipIf(!isThere)('TLS', () => {
  test('is used where the server offers it, and done without where it refuses it, unless the URI says else', async () => {
    expect(await usesTls(await open(server.uri('tls')))).toBe(true);
    expect(await usesTls(await open(server.uri('plain')))).toBe(false);
    expect(await usesTls(await open(server.uri('tls', '?sslmode=allow')))).toBe(true);
    for (const uri of [server.uri('tls', '?sslmode=disable'), server.uri('plain', '?sslmode=require')]) {
      expect(await errorFrom(open(uri))).toMatchObject({ code: 'DATABASE_REFUSED' });
    }
    expect(await errorFrom(open(server.uri('tls'), { PGSSLMODE: 'disable' }))).toMatchObject({
      code: 'DATABASE_REFUSED',
    });
  });

  test('checks the certificate, and the name in it, as sslmode says', async () => {
    const root = (name: 'server' | 'stranger') => `&sslrootcert=${encodeURIComponent(server.certificate(name))}`;
    const good = ['?sslmode=verify-full', '?sslmode=verify-ca', '?sslmode=require'].map(
      (mode) => mode + root('server'),
    );
    for (const options of good) expect(await usesTls(await open(server.uri('tls', options)))).toBe(true);
    await open(server.uri('tls', good[1], '127.0.0.1'));
    const refused = [
      server.uri('tls', good[0], '127.0.0.1'),
      ...['verify-full', 'verify-ca', 'require'].map((mode) =>
        server.uri('tls', `?sslmode=${mode}${root('stranger')}`),
      ),
    ];
    for (const uri of refused) {
      expect(await errorFrom(open(uri)), uri).toMatchObject({
        code: 'DATABASE_REFUSED',
        hint: expect.stringContaining('sslrootcert'),
      });
    }
  });
});

test.skipIf(!isThere)('a server with no connection left is said to be so', async () => {
  // Each has a connection of its own, as long as it is not closed.
  const openAll = async () => {
    for (let count = 0; count < 30; count += 1) await open(server.uri('plain', '?sslmode=disable'));
  };
  const error = await errorFrom(openAll());
  expect(error).toMatchObject({ code: 'DATABASE_UNREACHABLE', message: expect.stringContaining('connection slots') });
});
