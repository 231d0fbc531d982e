/** Brings a PostgreSQL schema to our newest tables, and refuses one whose tables are not the ones we know. */
import { TaplineError } from '../../../errors.js';
import { knownColumns, madeByNewerTapline, meltanoRevision, meltanoTables, otherShape } from '../known-schema.js';
import { migrations, newestMigration } from '../migrations.js';
import makeMeltanoTables from '../sql/meltano-c0efb3c314eb.postgres.sql';
import type { Client } from './driver.js';
import { isMissingTable } from './faults.js';

/** `older`: only the original's tables, or those of an older Tapline. `empty`: no table exists. */
export type Standing = 'current' | 'older' | 'empty';

/** One query where nothing is to be done. Throws DATABASE_NEWER and DATABASE_OUTDATED. */
export async function standingOf(client: Client, location: string): Promise<Standing> {
  return (await isCurrent(client)) ? 'current' : lookCloser(client, location);
}

/** A schema that is not there, or not for this user, is not an empty one: who looks would take his states for lost. */
export async function checkSchema(client: Client, location: string): Promise<void> {
  const { rows } = await client.query('SELECT current_schema() AS name');
  if (rows[0]?.name !== null) return;
  throw new TaplineError('DATABASE_REFUSED', `The system database ${location} has no schema that this user may use.`, {
    hint: 'Create the schema (CREATE SCHEMA, GRANT USAGE), or correct search_path in the `options` of database_uri.',
  });
}

/** Safe while others do the same: all is looked at again by the one who has the lock. */
export async function migrate(client: Client, location: string, now: Date): Promise<void> {
  await client.query('BEGIN');
  try {
    // One lock a schema: two projects may share a database.
    await client.query("SELECT pg_advisory_xact_lock(741000000, hashtext(COALESCE(current_schema(), '')))");
    const standing = await lookCloser(client, location);
    if (standing === 'empty') await client.query(makeMeltanoTables);
    if (standing !== 'current') await applyMigrations(client, now);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

async function isCurrent(client: Client): Promise<boolean> {
  try {
    const { rows } = await client.query(
      'SELECT (SELECT MAX(number) FROM tapline_migrations) AS newest, (SELECT MAX(version_num) FROM alembic_version) AS revision',
    );
    return rows[0]?.newest === newestMigration && rows[0]?.revision === meltanoRevision;
  } catch (error) {
    if (isMissingTable(error)) return false;
    throw error;
  }
}

async function lookCloser(client: Client, location: string): Promise<Standing> {
  const newest = Math.max(0, ...(await appliedMigrations(client)));
  if (newest > newestMigration) throw madeByNewerTapline(location, newest);
  if (newest === 0 && !(await isThere(client, meltanoTables))) return 'empty';
  await checkMeltanoTables(client, location);
  return newest === newestMigration ? 'current' : 'older';
}

async function applyMigrations(client: Client, now: Date): Promise<void> {
  const applied = await appliedMigrations(client);
  for (const { number, name, sql } of migrations) {
    if (applied.has(number)) continue;
    await client.query(sql);
    const insert = 'INSERT INTO tapline_migrations (number, name, applied_at) VALUES ($1, $2, $3)';
    await client.query(insert, [number, name, now.toISOString()]);
  }
}

async function appliedMigrations(client: Client): Promise<Set<number>> {
  if (!(await isThere(client, ['tapline_migrations']))) return new Set();
  const { rows } = await client.query('SELECT number FROM tapline_migrations');
  return new Set(rows.map(({ number }) => number));
}

async function checkMeltanoTables(client: Client, location: string): Promise<void> {
  for (const [table, columns] of Object.entries(knownColumns)) {
    const present = new Set(await columnsOf(client, table));
    const missing = columns.filter((column) => !present.has(column));
    if (missing.length === 0) continue;
    throw otherShape(location, table, present.size === 0 ? [] : missing, await revisionOf(client));
  }
}

async function revisionOf(client: Client): Promise<string | undefined> {
  if (!(await isThere(client, ['alembic_version']))) return undefined;
  const { rows } = await client.query('SELECT version_num FROM alembic_version');
  return rows[0]?.version_num;
}

/** Any of these tables, where the search path looks. */
async function isThere(client: Client, tables: readonly string[]): Promise<boolean> {
  const { rows } = await client.query('SELECT 1 FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL', [
    tables,
  ]);
  return rows.length > 0;
}

/** None if the table does not exist. */
export async function columnsOf(client: Client, table: string): Promise<string[]> {
  const { rows } = await client.query(
    'SELECT attname::text AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped',
    [table],
  );
  return rows.map(({ name }) => name);
}
