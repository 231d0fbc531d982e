import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = dirname(dirname(import.meta.dirname));

/** Both the package's own build and a check against its types run the TypeScript compiler. */
const buildTimeout = 300_000;

let scratch: string;
let consumer: string;
let installed: string;

/** Packs a copy of this checkout, as `npm publish` would, and installs the file into an empty project. */
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'tapline-package-'));
  const copy = join(scratch, 'copy');
  mkdirSync(copy);
  for (const name of readdirSync(root)) {
    if (['node_modules', 'dist', '.git', '.ci', 'test', 'bench-results.json'].includes(name) || name.endsWith('.tgz'))
      continue;
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  const npmEnv = { ...process.env, npm_config_update_notifier: 'false', npm_config_cache: join(scratch, 'npm') };
  execFileSync('npm', ['pack', '--pack-destination', scratch], { cwd: copy, env: npmEnv, stdio: 'pipe' });
  const tarball = readdirSync(scratch).find((name) => name.endsWith('.tgz')) ?? '';

  consumer = join(scratch, 'consumer');
  installed = join(consumer, 'node_modules', 'tapline');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['xzf', join(scratch, tarball), '--strip-components=1', '-C', installed]);
  const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  // Their own dependencies are found from where the links lead.
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    mkdirSync(dirname(join(consumer, 'node_modules', name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(consumer, 'node_modules', name));
  }
  writeFileSync(join(consumer, 'package.json'), '{"type": "module"}');
}, buildTimeout);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function node(...args: string[]): string {
  return execFileSync(process.execPath, args, { cwd: consumer, encoding: 'utf8' });
}

describe('the published package', () => {
  it('has a program that starts', () => {
    const { bin, version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      bin: { tapline: string };
      version: string;
    };
    expect(execFileSync(join(installed, bin.tapline), ['--version'], { encoding: 'utf8' })).toContain(version);
  });

  it('holds what runs and what documents it, and no sources or tests', () => {
    const names = readdirSync(installed).sort();
    expect(names).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'dist', 'package.json', 'schemas']));
    expect(names).not.toEqual(expect.arrayContaining(['src']));
    expect(names.filter((name) => ['src', 'test', 'tools', 'fixtures'].includes(name))).toEqual([]);
    expect(existsSync(join(installed, 'dist', 'bundled', 'tap-csv.js'))).toBe(true);
  });

  it('has a library that can be imported', () => {
    const names = JSON.parse(
      node('--input-type=module', '-e', "console.log(JSON.stringify(Object.keys(await import('tapline'))))"),
    ) as string[];
    expect(names).toEqual(expect.arrayContaining(['loadProject', 'run', 'TaplineError']));
  });

  it('has types that a strict TypeScript project can use', { timeout: buildTimeout }, () => {
    writeFileSync(
      join(consumer, 'use.ts'),
      "import { loadProject, run, TaplineError } from 'tapline';\nexport const used: unknown[] = [loadProject, run, new TaplineError('USAGE', 'x').code];\n",
    );
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node', 'use.ts'];
    expect(node(join(root, 'node_modules', 'typescript', 'bin', 'tsc'), ...flags)).toBe('');
  });

  it('has the schemas under the name that the docs give', () => {
    const read =
      "import { createRequire } from 'node:module'; console.log(createRequire(import.meta.url)('tapline/schemas/meltano.schema.json').$id)";
    expect(node('--input-type=module', '-e', read).trim()).not.toBe('undefined');
  });
});

describe('the package for this platform', () => {
  it('installs with Node and npm alone, and runs a new project', { timeout: buildTimeout }, () => {
    const copy = join(scratch, 'copy');
    execFileSync(process.execPath, ['tools/package.mjs'], { cwd: copy, stdio: 'pipe' });
    const tarball = join(copy, readdirSync(copy).find((name) => name.endsWith('.tgz')) ?? '');
    const home = join(scratch, 'home');
    const project = join(scratch, 'project');
    for (const folder of [home, project]) mkdirSync(folder);
    // No network and no compiler: nothing but the programs of Node and of a basic system are found.
    const tools = [dirname(process.execPath), '/usr/bin', '/bin'].join(':');
    const env = { HOME: home, PATH: tools, NO_COLOR: '1', npm_config_offline: 'true', npm_config_nodedir: '/nowhere' };
    const prefix = join(scratch, 'prefix');
    execFileSync('npm', ['install', '--global', '--prefix', prefix, tarball], { cwd: home, env, stdio: 'pipe' });
    const tapline = (...args: string[]) =>
      execFileSync(join(prefix, 'bin', 'tapline'), args, { cwd: project, env, encoding: 'utf8', stdio: 'pipe' });
    expect(tapline('--version')).toMatch(/^tapline, version /);
    tapline('init', '.');
    tapline('run', 'tap-csv', 'target-sqlite');
    expect(tapline('state', 'list')).toContain('dev:tap-csv-to-target-sqlite');
    expect(tapline('docs')).toContain('getting-started');
  });
});
