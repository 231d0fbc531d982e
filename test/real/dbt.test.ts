/** dbt by its plugin commands, on the machine's server: models built and tested as in real projects. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasPostgres, server, sql } from './postgres.js';
import { RealProject } from './real-project.js';

const isThere = await hasPostgres();
const schema = `tapline_dbt_${randomBytes(4).toString('hex')}`;

const meltanoFile = `
default_environment: dev
environments: [{name: dev}]
plugins:
  transformers:
  - name: dbt-postgres
    variant: dbt-labs
    namespace: dbt_postgres
    # Later versions of dbt-core fetch a binary when they are installed.
    pip_url: dbt-core~=1.11.0 dbt-postgres~=1.9
    executable: dbt
    settings:
    - {name: project_dir, env: DBT_PROJECT_DIR, value: $MELTANO_PROJECT_ROOT/transform}
    - {name: profiles_dir, env: DBT_PROFILES_DIR, value: $MELTANO_PROJECT_ROOT/transform}
    - {name: host}
    - {name: port, kind: integer}
    - {name: user}
    - {name: password, sensitive: true}
    - {name: dbname}
    - {name: schema}
    config: {host: '${server.host}', port: ${server.port}, user: $PG_USER, password: $PG_PASSWORD, dbname: ${server.database}, schema: ${schema}}
    commands:
      run:
        args: run --models staging.* marts.*
        executable: dbt
        container: false
      test: {args: test --fail-fast, container: false}
      parse: parse
jobs:
- {name: check, tasks: ['dbt-postgres:test dbt-postgres:run']}
`;

const files = {
  'meltano.yml': meltanoFile,
  'transform/dbt_project.yml': `
name: shop
version: 1.0.0
profile: shop
model-paths: [models]
models: {shop: {staging: {+materialized: view}, marts: {+materialized: table}}}
`,
  'transform/profiles.yml': `
shop:
  target: dev
  outputs:
    dev:
      type: postgres
      host: "{{ env_var('DBT_POSTGRES_HOST') }}"
      port: "{{ env_var('DBT_POSTGRES_PORT') | int }}"
      user: "{{ env_var('DBT_POSTGRES_USER') }}"
      password: "{{ env_var('DBT_POSTGRES_PASSWORD') }}"
      dbname: "{{ env_var('DBT_POSTGRES_DBNAME') }}"
      schema: "{{ env_var('DBT_POSTGRES_SCHEMA') }}"
      threads: 2
`,
  'transform/models/staging/stg_orders.sql': 'select * from (values (1, 10.5), (2, 20)) as orders (id, amount)\n',
  'transform/models/marts/revenue.sql': "select sum(amount) as total from {{ ref('stg_orders') }}\n",
  'transform/models/other/never.sql': 'select 1 as not_selected\n',
  'transform/models/schema.yml': `
version: 2
models:
- name: stg_orders
  columns: [{name: id, data_tests: [unique, not_null]}]
- name: revenue
  columns: [{name: total, data_tests: [not_null]}]
`,
};

let real: RealProject;

describe.skipIf(!isThere)('dbt', () => {
  beforeAll(async () => {
    const env = { PG_USER: server.user, PG_PASSWORD: server.password === '' ? 'n0-password-needed' : server.password };
    real = await RealProject.make(files, { ...env, DBT_SEND_ANONYMOUS_USAGE_STATS: 'false' });
  });
  afterAll(async () => {
    await sql(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await rm(real.folder, { recursive: true, force: true });
  });

  it('builds the selected models and tests them, called alone', async () => {
    const run = await real.tapline(['invoke', 'dbt-postgres:run']);
    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(run.stdout).toMatch(/PASS=2\b/);
    expect(await sql(`SELECT total FROM ${schema}.revenue`)).toEqual([['30.5']]);
    expect(await sql(`SELECT to_regclass('${schema}.never') IS NULL`)).toEqual([['t']]);
    const test = await real.tapline(['invoke', 'dbt-postgres:test']);
    expect(test.code, test.stdout + test.stderr).toBe(0);
    expect(test.stdout).toMatch(/PASS=3\b/);
  });

  it('fails a run by a failed test, and what comes after is not started', async () => {
    await sql(`DROP VIEW ${schema}.stg_orders CASCADE;
      CREATE VIEW ${schema}.stg_orders AS SELECT 1 AS id, 1 AS amount UNION ALL SELECT 1, 2`);
    const failed = await real.tapline(['run', 'check']);
    expect(failed.code, failed.stderr).toBe(1);
    expect(failed.stderr).toMatch(/^ {2}failed +dbt-postgres:test/m);
    expect(failed.stderr).toMatch(/^ {2}not started +dbt-postgres:run/m);
    expect(failed.stderr).toMatch(/unique_stg_orders_id/);
  });
});
