import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openHistory } from '../../../src/history/open.js';
import { currentOwner } from '../../../src/state/owner.js';
import type { Database } from '../../../src/state/systemdb/database.js';
import { openExistingDatabase, openSystemDatabase } from '../../../src/state/systemdb/open.js';
import { SystemdbStateBackend } from '../../../src/state/systemdb/state-backend.js';
import { openSettingsTable, readStoredSettings } from '../../../src/state/systemdb/stored-settings.js';
import { errorFrom } from '../../state/error-from.js';
import { takeLease } from '../../state/take-lease.js';
import { hasPostgres, type OwnSchema, ownSchema, server } from '../postgres.js';

const isThere = await hasPostgres();
const stateId = 'dev:tap-fake-to-target-fake';
const dump = join(import.meta.dirname, '../../../fixtures/meltano-4.4.1/system-database.postgres.sql');

let schema: OwnSchema;
const opened: Database[] = [];

beforeEach(async () => {
  if (isThere) schema = await ownSchema();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
  if (isThere) await schema.drop();
});

async function open(options: { readOnly?: boolean; uri?: string } = {}): Promise<Database> {
  const database = await openSystemDatabase({ uri: schema.uri, cwd: '/', ...options });
  opened.push(database);
  return database;
}

const makeMeltanoDatabase = async () => schema.sql(await readFile(dump, 'utf8'));

async function save(database: Database, value: unknown) {
  const { lease } = await takeLease(new SystemdbStateBackend(database).leases, stateId, {
    owner: await currentOwner('run'),
    force: true,
  });
  return lease.save({ mode: 'completed', state: { singer_state: { value } } });
}

const tables = async () =>
  (
    await schema.sql(
      `SELECT relname FROM pg_class WHERE relnamespace = '${schema.name}'::regnamespace AND relkind = 'r'`,
    )
  ).flat();

describe.skipIf(!isThere)('a new database', () => {
  test("has the original's tables exactly as the original makes them, and its revision", async () => {
    const columns = () =>
      schema.sql(`SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, replace(column_default, '${schema.name}.', '')
        FROM information_schema.columns WHERE table_schema = '${schema.name}' AND table_name NOT LIKE 'tapline%' ORDER BY 1, ordinal_position`);
    const rest = () =>
      schema.sql(`SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = '${schema.name}'::regnamespace AND conrelid::regclass::text NOT LIKE 'tapline%' AND contype = 'p' ORDER BY 1`);
    await open();
    const ours = [await columns(), await rest(), await schema.sql('SELECT * FROM alembic_version')];
    await schema.sql(`DROP SCHEMA ${schema.name} CASCADE; CREATE SCHEMA ${schema.name}`);
    await makeMeltanoDatabase();
    expect(ours[0]?.length).toBeGreaterThan(15);
    expect(ours).toEqual([await columns(), await rest(), await schema.sql('SELECT * FROM alembic_version')]);
  });

  test('is not made for those who only look, nor for those who ask whether it is there', async () => {
    const backend = new SystemdbStateBackend(await open({ readOnly: true }));
    expect(await backend.list()).toEqual([]);
    expect(await openExistingDatabase({ uri: schema.uri, cwd: '/' })).toBeUndefined();
    expect(await tables()).toEqual([]);
    await open();
    const existing = await openExistingDatabase({ uri: schema.uri, cwd: '/' });
    expect(existing?.dialect).toBe('postgres');
    await existing?.close();
  });

  test('is named with server, database and schema, without the password', async () => {
    const uri = new URL(schema.uri);
    uri.password = 'hunter2';
    const { location } = await open({ uri: uri.href });
    expect(location).toBe(`${server.host}:${server.port}/${server.database} (schema ${schema.name})`);
  });
});

describe.skipIf(!isThere)("the original's database", () => {
  beforeEach(async () => {
    if (isThere) await makeMeltanoDatabase();
  });

  test.each([false, true])('is gone on from: states, runs and settings are read (read only: %s)', async (readOnly) => {
    const database = await open({ readOnly });
    expect(await new SystemdbStateBackend(database).read(stateId)).toMatchObject({
      version: 0,
      completed: { singer_state: { lsn: 18446744073709551615n, name: 'Zoë' } },
      partial: { singer_state: { extra: true } },
      updatedAt: new Date('2026-11-22T17:01:39.301'),
    });
    const runs = await openHistory(database).meltanoRuns.list({ jobName: stateId });
    expect(runs).toMatchObject([
      { id: 2, state: 'STATE_EDIT' },
      {
        id: 1,
        state: 'SUCCESS',
        runId: '01a20434-bbb2-7f24-8896-88c74956b225',
        startedAt: new Date('2026-11-22T17:01:34.627Z'),
        payload: { singer_state: { lsn: 18446744073709551615n } },
      },
    ]);
    expect((await readStoredSettings(database)).get('extractors.tap-fake.default')?.get('a')).toBe('hello');
    expect((await tables()).some((name) => name.startsWith('tapline'))).toBe(!readOnly);
  });

  test('is written in its own form', async () => {
    const database = await open();
    await save(database, 'Zoë');
    const [row] = await schema.sql('SELECT completed_state, partial_state, updated_at::text FROM state');
    expect(row?.slice(0, 2)).toEqual(['{"singer_state": {"value": "Zo\\u00eb"}}', '{}']);
    const table = openSettingsTable(database);
    await table.set('extractors.tap-fake.default', 'b', [1, 'x']);
    expect(await schema.sql("SELECT enabled, encode(value, 'hex') FROM plugin_settings WHERE name = 'b'")).toEqual([
      ['t', expect.stringMatching(/^8002.*2e$/)],
    ]);
    expect((await readStoredSettings(database)).get('extractors.tap-fake.default')?.get('b')).toEqual([1, 'x']);
    expect(await table.unset('extractors.tap-fake.default', 'b')).toBe(true);
    const id = await openHistory(database).meltanoRuns.insert(stateId, 'any run', 'cli');
    expect(id).toBe(3);
  });

  test('of a newer Meltano is used as long as the tables have what we know', async () => {
    await schema.sql("UPDATE alembic_version SET version_num = 'abcdef012345'; ALTER TABLE runs ADD COLUMN more TEXT");
    expect(await save(await open(), 1)).toMatchObject({ version: 2 });
    expect(await new SystemdbStateBackend(await open({ readOnly: true })).list()).toHaveLength(1);
    expect(await schema.sql('SELECT * FROM alembic_version')).toEqual([['abcdef012345']]);
  });

  test.each([
    [
      'an older Meltano',
      "ALTER TABLE runs RENAME TO job; UPDATE alembic_version SET version_num = '1'",
      'meltano upgrade database',
    ],
    ['another shape', 'ALTER TABLE state DROP COLUMN partial_state', 'meltano upgrade database'],
    ['another program', 'DROP TABLE alembic_version; DROP TABLE state; DROP TABLE plugin_settings', 'database_uri'],
  ])('of %s is refused and left as it is', async (_, change, hint) => {
    await schema.sql(change);
    const before = await tables();
    for (const readOnly of [false, true]) {
      const error = await errorFrom(open({ readOnly }));
      expect(error.code).toBe('DATABASE_OUTDATED');
      expect(error.hint).toContain(hint);
    }
    expect(await tables()).toEqual(before);
  });
});

describe.skipIf(!isThere)('a database that refuses', () => {
  test('one of a newer Tapline', async () => {
    await open();
    await schema.sql("INSERT INTO tapline_migrations VALUES (999, 'future', '2030-01-01T00:00:00.000Z')");
    for (const readOnly of [false, true]) {
      const error = await errorFrom(open({ readOnly }));
      expect(error.code).toBe('DATABASE_NEWER');
      expect(error.message).toContain('999');
    }
  });

  test('one of an older Tapline is brought up to date, or looked at as it is', async () => {
    const database = await open();
    await save(database, 7);
    await schema.sql(`DELETE FROM tapline_migrations WHERE number > 1; ALTER TABLE tapline_leases DROP COLUMN project_id;
      ALTER TABLE tapline_runs DROP COLUMN options, DROP COLUMN retry_of`);
    const look = new SystemdbStateBackend(await open({ readOnly: true }));
    expect(await look.read(stateId)).toMatchObject({ version: 1, completed: { singer_state: { value: 7 } } });
    expect(await schema.sql('SELECT count(*) FROM tapline_migrations')).toEqual([['1']]);
  });

  test.each([
    [
      'a schema that is not there',
      'DATABASE_REFUSED',
      (uri: URL) => uri.searchParams.set('options', '-csearch_path=no_such_schema'),
    ],
    [
      'a database that is not there',
      'DATABASE_REFUSED',
      (uri: URL) => Object.assign(uri, { pathname: '/no_such_database' }),
    ],
    [
      'a setting that the server does not know',
      'DATABASE_REFUSED',
      (uri: URL) => uri.searchParams.set('options', '-cno_such_setting=1'),
    ],
    [
      'a setting with a value that it does not take',
      'DATABASE_REFUSED',
      (uri: URL) => uri.searchParams.set('options', '-cwork_mem=much'),
    ],
    ['a user that is not there', 'DATABASE_REFUSED', (uri: URL) => Object.assign(uri, { username: 'no_such_user' })],
    ['a port where nobody listens', 'DATABASE_UNREACHABLE', (uri: URL) => Object.assign(uri, { port: '1' })],
    [
      'a host that is not there',
      'DATABASE_UNREACHABLE',
      (uri: URL) => Object.assign(uri, { hostname: 'no-such-host.invalid' }),
    ],
    ['TLS where the server has none', 'DATABASE_REFUSED', (uri: URL) => uri.searchParams.set('sslmode', 'require')],
    [
      'a server that may only be read',
      'DATABASE_READONLY',
      (uri: URL) =>
        uri.searchParams.set('options', `${uri.searchParams.get('options')} -cdefault_transaction_read_only=on`),
    ],
  ])('%s', async (_, code, change) => {
    const uri = new URL(schema.uri);
    uri.password = 'hunter2';
    change(uri);
    const error = await errorFrom(open({ uri: uri.href }));
    expect(error).toMatchObject({ code, hint: expect.any(String) });
    expect(JSON.stringify([error.message, error.hint, error.data, String(error.cause)])).not.toContain('hunter2');
    expect(error.message).toContain(`/${uri.pathname.slice(1)}`);
  });

  test('says so at once where its tables have gone, or a trigger of somebody else refuses', async () => {
    const database = await open();
    await schema.sql(`CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not here'; END $$;
      CREATE TRIGGER no BEFORE INSERT ON state EXECUTE FUNCTION no()`);
    const refused = await errorFrom(save(database, 1));
    expect(refused).toMatchObject({ code: 'DATABASE_REFUSED', message: expect.stringContaining('not here') });
    await schema.sql('DROP TABLE tapline_leases');
    expect(await errorFrom(save(database, 1))).toMatchObject({ code: 'DATABASE_REFUSED' });
  });

  test('a schema that is not there is no empty one for who only looks', async () => {
    const uri = new URL(schema.uri);
    uri.searchParams.set('options', '-csearch_path=no_such_schema');
    const look = { uri: uri.href, readOnly: true };
    expect(await errorFrom(open(look))).toMatchObject({ code: 'DATABASE_REFUSED' });
    expect(await errorFrom(openExistingDatabase({ ...look, cwd: '/' }))).toMatchObject({ code: 'DATABASE_REFUSED' });
  });

  test('a user without the right to make tables is told what he needs', async () => {
    const role = `${schema.name}_reader`;
    await schema.sql(`CREATE ROLE ${role} LOGIN; GRANT USAGE ON SCHEMA ${schema.name} TO ${role}`);
    try {
      const uri = new URL(schema.uri);
      uri.username = role;
      const error = await errorFrom(open({ uri: uri.href }));
      expect(error).toMatchObject({ code: 'DATABASE_REFUSED', hint: expect.stringContaining('CREATE') });
    } finally {
      await schema.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});
