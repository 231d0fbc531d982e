import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { exactJson } from '../../src/exact-json.js';
import { loadProject } from '../../src/project/load.js';
import type { Project } from '../../src/project/types.js';
import * as yamlDocument from '../../src/project/yaml-document.js';
import { makeFolder } from './project-folder.js';

const yml = `default_environment: dev
env: {PORT: 5432, prod: {HOST: db}}
environments: [{name: dev, env: {A: b}}]
plugins:
  extractors: [{name: tap-a, namespace: tap_a, config: {since: 2020-01-01, n: 017, ratio: 2.0}, selct: [x]}]
jobs: [{name: j, tasks: a b}]
schedules: [{name: s, job: j, interval: '@daily'}]
tapline: {x: 1}
`;

const load = (root: string) => loadProject({ cwd: root, env: {} });
const cacheOf = (root: string) => join(root, '.meltano/run/tapline-project.json');

/** Loads, and says whether the YAML was parsed for it. */
async function loadCounting(root: string): Promise<{ project: Project; parsed: boolean }> {
  const spy = vi.spyOn(yamlDocument, 'readYaml');
  try {
    const project = await load(root);
    return { project, parsed: spy.mock.calls.length > 0 };
  } finally {
    spy.mockRestore();
  }
}

const withoutFunctions = (project: Project): unknown => JSON.parse(JSON.stringify(project));

describe('the project cache', () => {
  it('gives the same project as the files, with its warnings and places', async () => {
    const root = makeFolder({ 'meltano.yml': yml, '.env': 'SECRET=hunter2\n' });
    const first = await loadCounting(root);
    const second = await loadCounting(root);
    expect([first.parsed, second.parsed]).toStrictEqual([true, false]);
    expect(withoutFunctions(second.project)).toStrictEqual(withoutFunctions(first.project));
    expect(second.project.warnings).toMatchObject([{ code: 'KEY_UNKNOWN', hint: "Did you mean 'select'?" }]);
    for (const project of [first.project, second.project]) {
      expect(exactJson(project.pluginEntries.extractors[0]?.config)).toContain('"ratio":2.0');
    }
    for (const path of [
      ['plugins', 'extractors', 0, 'config', 'n'],
      ['environments', 1, 'env', 'HOST'],
      ['jobs', 0],
    ]) {
      expect(second.project.locate(path)).toStrictEqual(first.project.locate(path));
      expect(second.project.locate(path)).toBeDefined();
    }
  });

  it('is one file that only its owner reads, without anything of .env and variables', async () => {
    const root = makeFolder({ 'meltano.yml': yml, '.env': 'SECRET=hunter2\n' });
    await loadProject({ cwd: root, env: { OTHER: 'pass-w0rd', MELTANO_ENVIRONMENT: 'prod' } });
    expect(readdirSync(join(root, '.meltano/run'))).toStrictEqual(['tapline-project.json']);
    expect(statSync(cacheOf(root)).mode & 0o777).toBe(0o600);
    expect(readFileSync(cacheOf(root), 'utf8')).not.toMatch(/hunter2|pass-w0rd/);
    expect(readFileSync(join(root, '.meltano/.gitignore'), 'utf8')).toBe('*\n');
    expect(readFileSync(join(root, '.meltano/CACHEDIR.TAG'), 'utf8')).toMatch(
      /^Signature: 8a477f597d28d172789f06886806bc55\n/,
    );
  });

  it('serves every environment and .env', async () => {
    const root = makeFolder({ 'meltano.yml': yml, '.env': 'A=1\n' });
    await load(root);
    writeFileSync(join(root, '.env'), 'A=2\nMELTANO_ENVIRONMENT=prod\n');
    const { project, parsed } = await loadCounting(root);
    expect(parsed).toBe(false);
    expect(project.environment?.name).toBe('prod');
    expect(project.dotenv.A).toBe('2');
  });

  it.each<[string, (root: string) => void]>([
    ['meltano.yml changed', (root) => writeFileSync(join(root, 'meltano.yml'), yml.replace('5432', '5433'))],
    ['the file was cut', (root) => writeFileSync(cacheOf(root), readFileSync(cacheOf(root)).subarray(0, 300))],
    ['the file is empty', (root) => writeFileSync(cacheOf(root), '')],
    ['the file is not a cache', (root) => writeFileSync(cacheOf(root), '{"content": {}}\n\n\n')],
    ['one byte of the project differs', (root) => rewrite(root, (text) => text.replace('tap-a', 'tap-b'))],
    ['another may read it', (root) => chmodSync(cacheOf(root), 0o640)],
    ['it was copied, as by a checkout', (root) => moveAway(root, copyFileSync)],
    ['it is a link', (root) => moveAway(root, (from, to) => symlinkSync(from, to))],
    ['it is a pipe', (root) => replace(root, (file) => execFileSync('mkfifo', ['-m', '600', file]))],
    ['it is a folder', (root) => replace(root, (file) => mkdirSync(file, { mode: 0o600 }))],
  ])('is not used when %s', async (_, change) => {
    const root = makeFolder({ 'meltano.yml': yml });
    await load(root);
    change(root);
    const { project, parsed } = await loadCounting(root);
    expect(parsed).toBe(true);
    expect(project.pluginEntries.extractors[0]?.name).toBe('tap-a');
  });

  it('is not used in a project that was moved', async () => {
    const root = makeFolder({ 'one/meltano.yml': yml });
    await load(join(root, 'one'));
    renameSync(join(root, 'one'), join(root, 'two'));
    const { project, parsed } = await loadCounting(join(root, 'two'));
    expect(parsed).toBe(true);
    expect(project.files).toStrictEqual([join(root, 'two/meltano.yml')]);
  });

  it('hides no fault: a broken project fails each time', async () => {
    const root = makeFolder({ 'meltano.yml': 'plugins: []\n' });
    for (const _ of [1, 2]) await expect(load(root)).rejects.toMatchObject({ code: 'PROJECT_SHAPE' });
    expect(existsSync(cacheOf(root))).toBe(false);
  });

  it.each<[string, (root: string) => void]>([
    ['an included file changed', (root) => writeFileSync(join(root, 'parts/a.yml'), 'env: {B: 3}\n')],
    ['an included file came', (root) => writeFileSync(join(root, 'parts/b.yml'), 'env: {B: 3}\n')],
    ['an included file went', (root) => rmSync(join(root, 'parts/a.yml'))],
  ])('is not used when %s', async (_, change) => {
    const root = makeFolder({
      'meltano.yml': 'include_paths: [parts/*.yml]\nenv: {B: 1}\n',
      'parts/a.yml': 'env: {B: 2}\n',
    });
    expect((await load(root)).env.B).toBe('2');
    expect((await loadCounting(root)).parsed).toBe(false);
    change(root);
    expect((await load(root)).env.B).not.toBe('2');
  });

  it('that can not be written is skipped in silence', async () => {
    const root = makeFolder({ 'meltano.yml': yml, '.meltano': 'a file where the folder should be' });
    for (const _ of [1, 2]) expect((await loadCounting(root)).parsed).toBe(true);
  });

  it('leaves no draft behind', async () => {
    const root = makeFolder({ 'meltano.yml': yml });
    mkdirSync(cacheOf(root), { recursive: true });
    await load(root);
    expect(readdirSync(join(root, '.meltano/run'))).toStrictEqual(['tapline-project.json']);
  });
});

/** Changes the text in place, so that the inode stays. */
function rewrite(root: string, change: (text: string) => string): void {
  writeFileSync(cacheOf(root), change(readFileSync(cacheOf(root), 'utf8')));
}

function replace(root: string, make: (file: string) => unknown): void {
  rmSync(cacheOf(root));
  make(cacheOf(root));
}

function moveAway(root: string, bringBack: (from: string, to: string) => void): void {
  const away = join(root, 'away');
  renameSync(cacheOf(root), away);
  bringBack(away, cacheOf(root));
}
