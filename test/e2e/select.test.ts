import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { misfits } from '../schemas.js';
import { folderWith, tapline } from './program.js';

const tap = `#!/bin/sh
echo '{"streams": [{"tap_stream_id": "users", "metadata": [
  {"breadcrumb": [], "metadata": {}},
  {"breadcrumb": ["properties", "id"], "metadata": {"inclusion": "automatic"}},
  {"breadcrumb": ["properties", "email"], "metadata": {}},
  {"breadcrumb": ["properties", "name"], "metadata": {}}]}]}'
`;

const yaml = `# The project.
environments:
- name: dev
plugins:
  extractors:
  - name: tap-x   # a tap
    namespace: tap_x
    executable: ./tap.sh
    capabilities: [discover, catalog]
    select: [users.*, '!users.email']
  - name: tap-without
    namespace: tap_without
    executable: ./tap.sh
`;

const project = () => folderWith({ 'meltano.yml': yaml, 'tap.sh': tap });
const entries = async (folder: string) => readFile(join(folder, 'meltano.yml'), 'utf8');

describe('select lists', () => {
  it('what is read, as JSON or as text', async () => {
    const folder = await project();
    const json = JSON.parse((await tapline(folder, ['select', 'tap-x', '--json'])).stdout);
    expect(misfits('output-select', json)).toBeUndefined();
    expect(json).toEqual({
      enabled_patterns: ['users.*', '!users.email'],
      streams: [
        { stream: 'users', property: 'id', selection: 'automatic' },
        { stream: 'users', property: 'name', selection: 'selected' },
      ],
    });
    const { stdout } = await tapline(folder, ['select', 'tap-x', '--list', '--all']);
    expect(stdout).toMatch(/^Legend:\n\tselected\n/);
    expect(stdout).toContain('Enabled patterns:\n\tusers.*\n\t!users.email\n\n');
    expect(stdout).toContain('\t[automatic  ] users.id\n');
    expect(stdout).toContain('\t[excluded   ] users.email\n');
  });

  it('which rule decided', async () => {
    const folder = await project();
    const text = (await tapline(folder, ['select', 'tap-x', '--explain', 'users', 'email'])).stdout;
    expect(text).toContain('[excluded   ] users.email\n');
    expect(text).toContain(
      '→ property: excluded, `!users.email` excludes it (select from meltano.yml:10:5); overruled: `users.*`\n',
    );
    const { stdout } = await tapline(folder, ['select', 'tap-x', '--explain', '--json']);
    expect(misfits('output-select-explain', JSON.parse(stdout))).toBeUndefined();
    expect((await tapline(folder, ['select', 'tap-x', '--explain', 'orders'])).stdout).toContain('No property');
  });

  it('nothing of a tap that has no catalog, or that is unknown', async () => {
    const folder = await project();
    expect(await tapline(folder, ['select', 'tap-without', '--list'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('[CATALOG_MISSING]'),
    });
    expect((await tapline(folder, ['select', 'tap-y', '--list'])).stderr).toContain('[PLUGIN_UNKNOWN]');
  });
});

describe('select changes', () => {
  it('the patterns of the extractor, and nothing else in the file', async () => {
    const folder = await project();
    expect(await tapline(folder, ['select', 'tap-x', 'users', 'name'])).toMatchObject({ code: 0, stdout: '' });
    expect(await entries(folder)).toBe(yaml.replace("'!users.email']", "'!users.email', users.name]"));
    await tapline(folder, ['select', 'tap-x', '--rm', 'users', 'name']);
    await tapline(folder, ['select', '--exclude', 'tap-x', '--remove', 'users', 'email']);
    expect(await entries(folder)).toBe(yaml.replace(", '!users.email'", ''));
    const last = await tapline(folder, ['select', 'tap-x', '--rm', 'users']);
    expect(last.stderr).toContain('empty');
    expect(await entries(folder)).toContain('    select: []\n');
    await tapline(folder, ['select', 'tap-x', '--clear']);
    expect(await entries(folder)).toBe(yaml.replace("    select: [users.*, '!users.email']\n", ''));
    await tapline(folder, ['select', 'tap-x', '--exclude', 'orders']);
    expect(await entries(folder)).toContain('    select:\n    - "!orders.*"\n');
  });

  it('those of an environment only where it is named', async () => {
    const folder = await folderWith({ 'meltano.yml': `default_environment: dev\n${yaml}`, 'tap.sh': tap });
    await tapline(folder, ['--environment=dev', 'select', 'tap-x', 'users', 'name']);
    const { streams } = JSON.parse((await tapline(folder, ['--environment=dev', 'select', 'tap-x', '--json'])).stdout);
    expect(streams.map(({ property }: { property: string }) => property)).toEqual(['id', 'name']);
    expect(await entries(folder)).toContain('      - name: tap-x\n        select:\n        - users.name\n');
    await tapline(folder, ['select', 'tap-x', 'orders']);
    expect(await entries(folder)).toContain('\'!users.email\', "orders.*"]');
  });

  it('nothing where the pattern is not there, the file read-only, or the variable stronger', async () => {
    const folder = await project();
    const missing = await tapline(folder, ['select', 'tap-x', '--rm', 'users', 'emial', '--exclude']);
    expect(missing).toMatchObject({ code: 1, stdout: '' });
    expect(missing.stderr).toContain("[SELECT_UNKNOWN]\n  at meltano.yml:6:5\n  hint: Did you mean '!users.email'?");
    const env = { MELTANO_PROJECT_READONLY: '1' };
    expect((await tapline(folder, ['select', 'tap-x', 'a'], { env })).stderr).toContain('[PROJECT_READONLY]');
    expect(await entries(folder)).toBe(yaml);
    await writeFile(join(folder, '.env'), `TAP_X__SELECT='["a"]'\n`);
    expect((await tapline(folder, ['select', 'tap-x', 'a'])).stderr).toContain(
      '`select` is still set by the variable TAP_X__SELECT',
    );
  });
});
