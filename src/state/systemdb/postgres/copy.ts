/** A look at a database with an older schema, which must stay as it is: a copy in memory that is brought up to date. */
import type { Database, SqlValue } from '../database.js';
import { openMemory } from '../sqlite/open.js';
import type { Client } from './driver.js';
import { columnsOf } from './migrate.js';

export async function copyToMemory(
  client: Client,
  location: string,
  options: { clock?: (() => Date) | undefined },
): Promise<Database> {
  const copy = await openMemory(location, options);
  const tables = await copy.read((transaction) =>
    transaction.all(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('alembic_version', 'tapline_migrations')",
    ),
  );
  for (const { name } of tables) await copyTable(client, copy, String(name));
  return copy;
}

async function copyTable(client: Client, copy: Database, table: string): Promise<void> {
  const there = new Set(await columnsOf(client, table));
  const known = await copy.read((transaction) => transaction.all('SELECT name FROM pragma_table_info(?)', table));
  const columns = known.map(({ name }) => String(name)).filter((name) => there.has(name));
  if (columns.length === 0) return;
  const names = columns.map((name) => `"${name}"`).join(', ');
  const { rows } = await client.query({ text: `SELECT ${names} FROM ${table}`, rowMode: 'array' });
  const insert = `INSERT INTO ${table} (${names}) VALUES (${columns.map(() => '?').join(', ')})`;
  const runId = table === 'runs' ? columns.indexOf('run_id') : -1;
  await copy.write('normal', async (transaction) => {
    for (const row of rows as SqlValue[][]) {
      // The original keeps a UUID without dashes where there is no type for it.
      if (runId >= 0) row[runId] = String(row[runId]).replaceAll('-', '');
      await transaction.run(insert, ...row);
    }
  });
}
