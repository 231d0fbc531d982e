/** What meltano.example.yml names on PyPI can be installed, and does what the file says. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { RealProject } from './real-project.js';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFile(join(root, file), 'utf8');

let project: RealProject;

beforeAll(async () => {
  project = await RealProject.make({
    'meltano.yml': await read('meltano.example.yml'),
    'data/customers.csv': await read('fixtures/example/data/customers.csv'),
    'data/orders.csv': await read('fixtures/example/data/orders.csv'),
    'output/.keep': '',
    'transform/.keep': '',
  });
});

/** A repository on GitHub needs more network than a package index. */
async function fromIndex(): Promise<string[]> {
  const { plugins } = parse(await read('meltano.example.yml')) as { plugins: Record<string, Record<string, string>[]> };
  const installed = Object.values(plugins)
    .flat()
    .filter(({ pip_url }) => pip_url !== undefined && !pip_url.startsWith('git+'));
  return installed.map(({ name = '' }) => name);
}

test('all of them are installed', async () => {
  const names = await fromIndex();
  expect(names.sort()).toEqual(['dbt-postgres', 'meltano-map-transformer', 'target-postgres']);
  const { code, stderr } = await project.tapline(['install', ...names]);
  expect(code, stderr).toBe(0);
});

test('the mapping hides the names', async () => {
  const { code, stderr } = await project.tapline(['run', 'tap-csv', 'hide-names', 'target-jsonl']);
  expect(code, stderr).toBe(0);
  const lines = (await readFile(join(project.folder, 'output', 'customers.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { id: 1, country: 'GB' },
    { id: 2, country: 'US' },
    { id: 3, country: 'NL' },
  ]);
});

test.each([
  ['target-postgres', '--version'],
  ['dbt-postgres', '--version'],
])('%s starts', async (name, ...args) => {
  const { code, stderr } = await project.tapline(['invoke', name, ...args]);
  expect(code, stderr).toBe(0);
});
