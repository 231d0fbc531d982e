/** `init`, and the small commands that answer without a run. */
import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { misfits } from '../schemas.js';
import { startHub } from './hub-server.js';
import { cli, folderWith, tapline } from './program.js';

describe('init', () => {
  it('makes a project in which a run works at once', async () => {
    const parent = await folderWith({});
    const { code, stdout } = await tapline(parent, ['init', 'shop', '--no-usage-stats']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('   |-- meltano.yml\n')]);
    const root = join(parent, 'shop');
    const project = parse(await readFile(join(root, 'meltano.yml'), 'utf8')) as Record<string, unknown>;
    expect(project).toEqual({
      default_environment: 'dev',
      project_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      send_anonymous_usage_stats: false,
      environments: [{ name: 'dev' }, { name: 'staging' }, { name: 'prod' }],
      plugins: expect.anything(),
    });
    expect(await readFile(join(root, '.gitignore'), 'utf8')).toBe('/venv\n/.meltano\n.env\n');
    for (const folder of ['extract', 'load', 'transform', 'analyze', 'notebook', 'orchestrate']) {
      expect(await readFile(join(root, folder, '.gitkeep'), 'utf8')).toBe('');
    }
    await writeFile(join(root, 'extract', 'users.csv'), 'id,name\n1,Ann\n');
    expect((await tapline(root, ['add', 'tap-csv', 'target-jsonl', '--variant', 'tapline'])).code).toBe(0);
    const files = '[{"entity": "users", "path": "extract/users.csv", "keys": ["id"]}]';
    expect((await tapline(root, ['config', 'set', 'tap-csv', 'files', files])).code).toBe(0);
    const run = await tapline(root, ['run', 'tap-csv', 'target-jsonl']);
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('dev:tap-csv-to-target-jsonl')]);
  });

  it('prints next steps that work as they are pasted', async () => {
    const parent = await folderWith({ 'bin/tapline': `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n` });
    await chmod(join(parent, 'bin', 'tapline'), 0o755);
    const { stdout } = await tapline(parent, ['init', "our shop's"]);
    const steps = stdout.slice(stdout.indexOf('Next steps:\n')).split('\n').slice(1);
    expect(steps).toContain('  tapline run tap-csv target-sqlite');
    const env = { ...process.env, PATH: `${join(parent, 'bin')}:${process.env.PATH}`, MELTANO_CLI_LOG_FORMAT: 'plain' };
    const pasted = execFileSync('sh', ['-ec', steps.join('\n')], { cwd: parent, env, encoding: 'utf8', stdio: 'pipe' });
    expect(pasted).toContain('The project is valid.');
    expect(pasted).toContain('# Getting started');
    const loaded = new Database(join(parent, "our shop's", 'output', 'warehouse.db'), { readonly: true });
    expect(loaded.prepare('SELECT name FROM customers ORDER BY id').pluck().all()).toEqual(['Ada', 'Grace', 'Edsger']);
    loaded.close();
  });

  it('leaves what is there, and overwrites meltano.yml with --force only', async () => {
    const folder = await folderWith({ 'meltano.yml': 'mine: 1\n', '.gitignore': 'mine\n' });
    const refused = await tapline(folder, ['init', '.']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('--force')]);
    expect(await readFile(join(folder, 'meltano.yml'), 'utf8')).toBe('mine: 1\n');
    const { code, stdout } = await tapline(folder, ['init', '.', '--force']);
    expect([code, stdout]).toEqual([0, expect.stringContaining('.gitignore (skipped)')]);
    expect(await readFile(join(folder, '.gitignore'), 'utf8')).toBe('mine\n');
    expect(await readFile(join(folder, 'meltano.yml'), 'utf8')).toContain('project_id:');
  });

  it('asks for the folder, and ends where nobody answers', async () => {
    const folder = await folderWith({});
    expect((await tapline(folder, ['init'], { input: '\nasked\n' })).code).toBe(0);
    expect(await readFile(join(folder, 'asked', 'meltano.yml'), 'utf8')).toContain('default_environment: dev');
    const { code, stderr } = await tapline(folder, ['init'], { input: '' });
    expect([code, stderr]).toEqual([1, expect.stringContaining('tapline init my-project')]);
  });

  it('says it where a file stands in the way', async () => {
    const folder = await folderWith({ taken: 'a file' });
    const { code, stderr } = await tapline(folder, ['init', 'taken']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('No project can be created in')]);
  });
});

describe('hub', () => {
  const definitions = {
    extractors: [
      { name: 'tap-x', variant: 'b' },
      { name: 'tap-x', variant: 'a' },
      { name: 'tap-y', variant: 'a' },
    ],
  };

  it('lists and pings, in a project and outside, and takes a fresh answer from the cache', async () => {
    const hub = await startHub(definitions);
    const env = { MELTANO_HUB_URL: hub.url };
    const folder = await folderWith({});
    const ping = await tapline(folder, ['hub', 'ping'], { env });
    expect([ping.code, ping.stdout]).toEqual([0, `Successfully connected to the Hub at '${hub.url}/meltano/api/v1'\n`]);
    const listed = await tapline(folder, ['hub', 'list', '--format', 'json', '--all', 'X'], { env });
    const listings: unknown = JSON.parse(listed.stdout);
    expect(misfits('output-hub-list', listings)).toBeUndefined();
    expect(listings).toEqual([
      { type: 'extractor', name: 'tap-x', variant: 'b', default: true },
      { type: 'extractor', name: 'tap-x', variant: 'a', default: false },
    ]);
    hub.asked.length = 0;
    await writeFile(join(folder, 'meltano.yml'), 'version: 1\n');
    const cached = await tapline(folder, ['hub', 'list', '--plugin-type', 'extractor'], { env });
    expect([cached.stdout, hub.asked]).toEqual([expect.stringContaining('tap-y'), []]);
    await tapline(folder, ['hub', 'list', '--plugin-type', 'extractor', '--refresh'], { env });
    expect(hub.asked).toHaveLength(1);
    await hub.close();
    const gone = await tapline(folder, ['hub', 'ping'], { env });
    expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('HUB_UNREACHABLE')]);
  });
});

describe('commands that do little here', () => {
  it('say so', async () => {
    const folder = await folderWith({ 'meltano.yml': 'version: 1\n' });
    await mkdir(join(folder, 'home'));
    expect((await tapline(folder, ['docs'])).stdout).toContain('https://docs.meltano.com/');
    expect((await tapline(folder, ['docs', 'State'])).stdout).toContain('# State, leases and history\n');
    const unknown = await tapline(folder, ['docs', 'sate']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("Did you mean 'state'?")]);
    const upgrade = await tapline(folder, ['upgrade']);
    expect([upgrade.code, upgrade.stdout]).toEqual([0, expect.stringContaining('npm install --global tapline@latest')]);
    expect(upgrade.stdout).toContain('The system database is up to date.');
    expect(await readFile(join(folder, '.meltano', 'meltano.db'))).toBeTruthy();
    const schema = await tapline(folder, ['schema', 'create', 'raw', 'analyst']);
    expect([schema.code, schema.stderr]).toEqual([1, expect.stringContaining('CREATE SCHEMA IF NOT EXISTS raw')]);
    expect((await tapline(folder, ['upgrade', 'nope'])).code).toBe(2);
  });
});
