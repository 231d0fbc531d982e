/** Brings an SQLite database to our newest schema, and refuses one whose tables are not the ones we know. */
import { knownColumns, madeByNewerTapline, meltanoRevision, meltanoTables, otherShape } from '../known-schema.js';
import { migrations, newestMigration } from '../migrations.js';
import makeMeltanoTables from '../sql/meltano-c0efb3c314eb.sqlite.sql';
import type { Driver } from './driver.js';

/**
 * `user_version` (which Meltano doesn't use) holds this plus the number of our newest migration: one read of the
 * file's header tells that nothing is to be done.
 */
const versionBase = 741_000_000;
const currentVersion = versionBase + newestMigration;

/** True where the schema is ours and current, and the original's tables have the revision that we know. */
export function isCurrent(driver: Driver): boolean {
  return driver.pragma('user_version', { simple: true }) === currentVersion && revisionOf(driver) === meltanoRevision;
}

/** Safe while others do the same: everything is looked at again under the write lock. `location` is for messages. */
export function migrate(driver: Driver, location: string, now: Date): void {
  driver.exec('BEGIN IMMEDIATE');
  try {
    migrateLocked(driver, location, now);
    driver.exec('COMMIT');
  } catch (error) {
    if (driver.inTransaction) driver.exec('ROLLBACK');
    throw error;
  }
}

function migrateLocked(driver: Driver, location: string, now: Date): void {
  const applied = appliedMigrations(driver);
  const newest = Math.max(0, ...applied);
  if (newest > newestMigration) throw madeByNewerTapline(location, newest);
  if (isFresh(driver)) driver.exec(makeMeltanoTables);
  else checkMeltanoTables(driver, location);
  for (const { number, name, sql } of migrations) {
    if (applied.has(number)) continue;
    driver.exec(sql);
    driver
      .prepare('INSERT INTO tapline_migrations (number, name, applied_at) VALUES (?, ?, ?)')
      .run(number, name, now.toISOString());
  }
  markCurrent(driver);
}

/** A number that another program has set is kept, which makes each start a little slower. */
function markCurrent(driver: Driver): void {
  const version = driver.pragma('user_version', { simple: true }) as number;
  if (version === 0 || (version >= versionBase && version < currentVersion)) {
    driver.pragma(`user_version = ${currentVersion}`);
  }
}

function appliedMigrations(driver: Driver): Set<number> {
  if (columnsOf(driver, 'tapline_migrations').length === 0) return new Set();
  const rows = driver.prepare<[], { number: number }>('SELECT number FROM tapline_migrations').all();
  return new Set(rows.map(({ number }) => number));
}

/** True if none of the original's tables exists. */
function isFresh(driver: Driver): boolean {
  return meltanoTables.every((table) => columnsOf(driver, table).length === 0);
}

function checkMeltanoTables(driver: Driver, location: string): void {
  for (const [table, columns] of Object.entries(knownColumns)) {
    const present = new Set(columnsOf(driver, table));
    const missing = columns.filter((column) => !present.has(column));
    if (missing.length > 0) throw otherShape(location, table, present.size === 0 ? [] : missing, revisionOf(driver));
  }
}

function columnsOf(driver: Driver, table: string): string[] {
  const rows = driver.prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)').all(table);
  return rows.map(({ name }) => name);
}

function revisionOf(driver: Driver): string | undefined {
  try {
    return driver.prepare<[], { version_num: string }>('SELECT version_num FROM alembic_version').get()?.version_num;
  } catch (error) {
    if (/no such table/.test(String(error))) return undefined;
    throw error;
  }
}
