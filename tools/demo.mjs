/**
 * Runs the project in fixtures/demo with the built program: two chains at once, then the same once more, which
 * finds nothing new, then prints rows from the SQLite file. Fails when a row was loaded twice.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';

const root = dirname(import.meta.dirname);
const project = 'fixtures/demo';
const warehouse = join(root, project, 'output', 'warehouse.db');

/** Each stream with the columns worth a look. */
const tables = {
  weather: ['location', 'date', 'temp_max', 'weather'],
  hourly_normals: ['date', 'temperature', 'wind'],
  employment: ['month', 'nonfarm', 'nonfarm_change'],
};

startAfresh();
say('Two chains at once: weather and employment, into one SQLite file.');
tapline('run', '--jobs', '2', 'daily');
const first = count();

say('Once more: each tap gets the state that the first run left, and has nothing to add.');
tapline('run', '--jobs', '2', 'daily');
const second = count();

say(`What is in ${project}/output/warehouse.db now:`);
for (const [table, columns] of Object.entries(tables)) show(table, columns);
for (const table of Object.keys(tables)) {
  if (first[table] === 0 || first[table] !== second[table]) {
    process.stderr.write(
      `demo: ${table} had ${first[table]} rows after the first run and ${second[table]} after the second\n`,
    );
    process.exitCode = 1;
  }
}

say('Look further:');
for (const words of ['runs list', 'state list', 'run --full-refresh daily']) {
  process.stdout.write(`  node dist/cli.js --cwd ${project} ${words}\n`);
}

function startAfresh() {
  for (const folder of ['.meltano', 'output']) rmSync(join(root, project, folder), { recursive: true, force: true });
  mkdirSync(join(root, project, 'output'));
}

function tapline(...args) {
  const argv = ['dist/cli.js', '--cwd', project, ...args];
  process.stdout.write(`\n$ node ${argv.join(' ')}\n`);
  const { status } = spawnSync(process.execPath, argv, { cwd: root, env: environment(), stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** What somebody has set for projects of their own is not meant for this one. */
function environment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(MELTANO|TAPLINE|TAP|TARGET)_/.test(name)),
  );
}

function count() {
  return query((database) =>
    Object.fromEntries(
      Object.keys(tables).map((table) => [table, database.prepare(`SELECT count(*) FROM "${table}"`).pluck().get()]),
    ),
  );
}

function show(table, columns) {
  const list = columns.map((column) => `"${column}"`).join(', ');
  const rows = query((database) =>
    database.prepare(`SELECT ${list} FROM "${table}" ORDER BY rowid DESC LIMIT 3`).all(),
  );
  process.stdout.write(`\n${table}: ${second[table].toLocaleString('en')} rows; the last three:\n`);
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column])))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index].length)));
  for (const row of cells)
    process.stdout.write(
      `  ${row
        .map((cell, index) => cell.padEnd(widths[index]))
        .join('  ')
        .trimEnd()}\n`,
    );
}

function query(read) {
  const database = new Database(warehouse, { readonly: true, fileMustExist: true });
  try {
    return read(database);
  } finally {
    database.close();
  }
}

function say(text) {
  process.stdout.write(`\n# ${text}\n`);
}
