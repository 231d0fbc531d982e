/** Plugins from PyPI on a real server: installed by us, run twice, and what came is what was there. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPostgres, server, sql } from './postgres.js';
import { RealProject } from './real-project.js';

const isThere = await hasPostgres();
const name = `tapline_${randomBytes(4).toString('hex')}`;
const source = `${name}_source`;
const destination = `${name}_destination`;

const connection = `      host: ${server.host}
      port: ${server.port}
      user: $PG_USER
      password: $PG_PASSWORD
      database: ${server.database}`;

const project = `
default_environment: dev
environments: [{name: dev}]
plugins:
  extractors:
  - name: tap-postgres
    namespace: tap_postgres
    pip_url: meltanolabs-tap-postgres
    executable: tap-postgres
    capabilities: [catalog, discover, state, about, structured-logging]
    settings:
    - {name: host}
    - {name: port, kind: integer}
    - {name: user}
    - {name: password, sensitive: true}
    - {name: database}
    - {name: filter_schemas, kind: array}
    config:
${connection}
      filter_schemas: [${source}]
    select: ['*-people.*', '!*-people.secret']
    metadata:
      '*-people':
        replication-method: INCREMENTAL
        replication-key: changed_at
  loaders:
  - name: target-postgres
    namespace: target_postgres
    pip_url: meltanolabs-target-postgres
    executable: target-postgres
    settings:
    - {name: host}
    - {name: port, kind: integer}
    - {name: user}
    - {name: password, sensitive: true}
    - {name: database}
    - {name: default_target_schema}
    - {name: load_method, value: upsert}
    config:
${connection}
      default_target_schema: ${destination}
`;

const credentials = {
  PG_USER: server.user,
  PG_PASSWORD: server.password === '' ? 'n0-password-needed' : server.password,
};

let real: RealProject;

describe.skipIf(!isThere)('PostgreSQL to PostgreSQL', () => {
  beforeAll(async () => {
    real = await RealProject.make({ 'meltano.yml': project }, credentials);
    await sql(`CREATE SCHEMA ${source}; CREATE SCHEMA ${destination};
      CREATE TABLE ${source}.people (id int PRIMARY KEY, name text, score numeric, secret text, changed_at timestamptz NOT NULL);
      INSERT INTO ${source}.people VALUES
        (1, 'Ann', 1.5, 'a', '2026-01-01 10:00Z'), (2, 'Béa ''quoted''', NULL, 'b', '2026-01-02 10:00Z'),
        (3, E'line\\nfeed', -0.001, 'c', '2026-01-03 10:00Z')`);
  });
  afterAll(async () => {
    await sql(`DROP SCHEMA IF EXISTS ${source}, ${destination} CASCADE`);
    await rm(real.folder, { recursive: true, force: true });
  });

  it('installs by uv', async () => {
    const first = await real.tapline(['install']);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toContain('Installed 2/2 plugins');
    // Only pip puts itself into a venv.
    expect(existsSync(join(real.folder, '.meltano/extractors/tap-postgres/venv/bin/pip'))).toBe(false);
  });

  it('discovers and shows what is selected', async () => {
    const { code, stdout, stderr } = await real.tapline(['invoke', '--dump=catalog', 'tap-postgres']);
    expect(code, stderr).toBe(0);
    const [stream] = JSON.parse(stdout).streams;
    expect(stream).toMatchObject({ tap_stream_id: `${source}-people`, replication_key: 'changed_at' });
  });

  it('loads all rows, then only what is new, with the state in between', async () => {
    const first = await real.tapline(['run', 'tap-postgres', 'target-postgres']);
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toMatch(/ok +tap-postgres → target-postgres +3 records/);
    const rows = [
      ['1', 'Ann', '1.5'],
      ['2', "Béa 'quoted'", ''],
    ];
    expect(await sql(`SELECT id, name, score FROM ${destination}.people WHERE id < 3 ORDER BY id`)).toEqual(rows);
    const columns = await sql(
      `SELECT column_name FROM information_schema.columns WHERE table_schema = '${destination}' AND table_name = 'people'`,
    );
    expect(columns.flat()).toContain('changed_at');
    expect(columns.flat()).not.toContain('secret');

    const id = 'dev:tap-postgres-to-target-postgres';
    const state = async () => JSON.parse((await real.tapline(['state', 'get', id])).stdout).singer_state;
    const bookmark = async () => (await state()).bookmarks[`${source}-people`];
    expect(await bookmark()).toMatchObject({ replication_key: 'changed_at' });
    expect((await bookmark()).replication_key_value).toMatch(/^2026-01-03T10:00:00/);

    await sql(`INSERT INTO ${source}.people VALUES (4, 'Dan', 4, 'd', '2026-02-01 10:00Z');
      UPDATE ${source}.people SET name = 'Anna', changed_at = '2026-02-02 10:00Z' WHERE id = 1;
      UPDATE ${source}.people SET name = 'not seen, since its key is old' WHERE id = 2`);
    const second = await real.tapline(['run', 'tap-postgres', 'target-postgres']);
    expect(second.code, second.stderr).toBe(0);
    // The row of the bookmark comes again, as Singer taps do it.
    expect(second.stderr).toMatch(/ok +tap-postgres → target-postgres +3 records/);
    expect(await sql(`SELECT id, name FROM ${destination}.people WHERE id <> 3 ORDER BY id`)).toEqual([
      ['1', 'Anna'],
      ['2', "Béa 'quoted'"],
      ['4', 'Dan'],
    ]);
    expect((await bookmark()).replication_key_value).toMatch(/^2026-02-02T10:00:00/);

    const full = await real.tapline(['run', 'tap-postgres', 'target-postgres', '--full-refresh']);
    expect(full.code, full.stderr).toBe(0);
    expect(full.stderr).toMatch(/4 records/);
    expect((await sql(`SELECT count(*), sum(id) FROM ${destination}.people`))[0]).toEqual(['4', '10']);
    for (const { stderr } of [first, second, full]) {
      expect(stderr).not.toContain(credentials.PG_PASSWORD);
      expect(stderr).not.toMatch(/ Installing /);
    }
    expect(await readdir(join(real.folder, '.meltano/run/tapline'))).toEqual([]);
  });

  it('names the plugin and its words when the server refuses', async () => {
    const { code, stderr } = await real.tapline(['run', 'tap-postgres', 'target-postgres'], {
      TARGET_POSTGRES_DATABASE: 'no_such_database',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/Loader failed: target-postgres exited with code 1/);
    expect(stderr).toContain('no_such_database');
  });

  it('installs by Python’s venv and pip where the project asks for them', async () => {
    const env = { MELTANO_VENV_BACKEND: 'virtualenv' };
    const place = join(real.folder, '.meltano/extractors/tap-postgres');
    await rm(place, { recursive: true });
    const { code, stderr } = await real.tapline(['install', 'tap-postgres'], env);
    expect(code, stderr).toBe(0);
    expect(existsSync(join(place, 'venv/bin/pip'))).toBe(true);
    const run = await real.tapline(['run', 'tap-postgres', 'target-postgres'], env);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stderr).not.toMatch(/ Installing /);
    expect(await sql(`SELECT count(*) FROM ${destination}.people`)).toEqual([['4']]);
  });
});
