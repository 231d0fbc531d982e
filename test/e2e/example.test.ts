/** meltano.example.yml as a reader would try it. */
import { copyFile, cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { folderWith, tapline } from './program.js';

const root = join(import.meta.dirname, '..', '..');

async function example(): Promise<string> {
  const folder = await folderWith({});
  await cp(join(root, 'fixtures', 'example'), folder, { recursive: true });
  await copyFile(join(root, 'meltano.example.yml'), join(folder, 'meltano.yml'));
  return folder;
}

it('is valid, with no warning', async () => {
  const env = { GITHUB_TOKEN: 'x', PG_HOST: 'db', PG_PORT: '5432', PG_DATABASE: 'raw' };
  expect(await tapline(await example(), ['validate', '--strict'], { env })).toEqual({
    code: 0,
    stdout: 'The project is valid.\n',
    stderr: '',
  });
});

it('runs its pipeline over files, and the second time reads nothing twice', async () => {
  const folder = await example();
  for (const time of ['first', 'second']) {
    const ended = await tapline(folder, ['run', 'local-files']);
    expect(ended, `${time}: ${ended.stderr}`).toMatchObject({ code: 0, stdout: '' });
    expect(ended.stderr).toContain('hello from dev');
  }
  const database = new Database(join(folder, 'output', 'warehouse.db'), { readonly: true });
  const rows = (table: string) => database.prepare(`SELECT * FROM ${table} ORDER BY id`).all();
  expect(rows('customers')).toMatchObject([{ name: 'Ada' }, { name: 'Grace' }, { name: 'Edsger' }]);
  expect(rows('orders')).toMatchObject([{ amount: 10.5 }, { amount: 7.25 }, { amount: 99 }, { amount: 12 }]);
  database.close();
  expect((await readFile(join(folder, 'output', 'orders.jsonl'), 'utf8')).trimEnd().split('\n')).toHaveLength(4);
  expect((await readFile(join(folder, 'output', 'orders.txt'), 'utf8')).trim()).toBe('4');
});

it.each(['dev', 'staging', 'prod'])('plans all that it has in %s', async (environment) => {
  const folder = await example();
  for (const id of ['local-files', 'github']) {
    const ended = await tapline(folder, ['--environment', environment, 'pipeline', 'show', id, '--format=json']);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).not.toContain('warning');
    expect(ended.stdout).toContain(`"state_id": "${environment}:`);
  }
});

it('has a window for each organization in a backfill', async () => {
  const words = 'backfill tap-github target-postgres --from 2024-01-01 --to 2024-01-08 --partition org=a,b --dry-run';
  // What comes after the list needs the plugins, which are not installed here.
  const { stdout } = await tapline(await example(), [...words.split(' '), '--no-install']);
  expect(stdout.split('\n').map((line) => line.slice(0, 'org=a'.length))).toEqual(['org=a', 'org=b', '']);
});
