import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const root = dirname(dirname(import.meta.dirname));

/** Stands in for npm: writes down how it was called, then makes a node_modules that a real `npm ci` could have made. */
const fakeNpm = `
import { appendFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
const [command] = process.argv.slice(2);
appendFileSync('calls.log', JSON.stringify({ args: process.argv.slice(2), nodedir: process.env.npm_config_nodedir, home: process.env.HOME }) + '\\n');
if (command === 'ci') {
  if (existsSync('node_modules/half')) { appendFileSync('calls.log', '"two at once"\\n'); process.exit(1); }
  rmSync('node_modules', { recursive: true, force: true });
  mkdirSync('node_modules/half', { recursive: true });
  await new Promise((resolve) => setImmediate(resolve));
  if (existsSync('npm-fails')) process.exit(1);
  mkdirSync('node_modules/better-sqlite3', { recursive: true });
  writeFileSync('node_modules/better-sqlite3/index.js', existsSync('native-broken') ? 'throw new Error()' : 'module.exports = class { close() {} }');
  cpSync('package-lock.json', 'node_modules/.package-lock.json');
  rmSync('node_modules/half', { recursive: true });
}
`;

const lockFile = (version: string) =>
  JSON.stringify({
    packages: {
      '': {},
      'node_modules/better-sqlite3': { version },
      'node_modules/other-platform': { version, optional: true },
    },
  });

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapline-setup-'));
  mkdirSync(join(folder, 'tools'));
  copyFileSync(join(root, 'tools', 'setup.mjs'), join(folder, 'tools', 'setup.mjs'));
  writeFileSync(join(folder, 'fake-npm.mjs'), fakeNpm);
  copyFileSync(join(folder, 'fake-npm.mjs'), join(folder, 'npm-cli.js'));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  writeFileSync(join(folder, 'package-lock.json'), lockFile('1.0.0'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function setup(env: Record<string, string> = {}): Promise<{ code: number | null; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(folder, 'tools', 'setup.mjs')], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, npm_execpath: join(folder, 'npm-cli.js'), ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += String(chunk);
    });
    child.on('close', (code) => resolve({ code, stderr }));
  });
}

type Call = { args: string[]; nodedir?: string; home?: string };

function calls(): Call[] {
  const file = join(folder, 'calls.log');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Call);
}

const installs = () => calls().filter((call) => call.args?.[0] === 'ci');

describe('the install step', () => {
  it('installs once, and again when the lock file changes', async () => {
    expect(await setup()).toMatchObject({ code: 0 });
    expect(await setup()).toEqual({ code: 0, stderr: '' });
    expect(installs()).toHaveLength(1);

    writeFileSync(join(folder, 'package-lock.json'), lockFile('1.0.1'));
    expect(await setup()).toMatchObject({ code: 0 });
    expect(installs()).toHaveLength(2);
  });

  it('takes over what was installed by hand, when it is what the lock file says', async () => {
    await setup();
    rmSync(join(folder, 'node_modules', '.tapline-setup.json'));
    expect(await setup()).toEqual({ code: 0, stderr: '' });
    expect(installs()).toHaveLength(1);
  });

  it('does not take over another version, nor a native module that does not load', async () => {
    await setup();
    rmSync(join(folder, 'node_modules', '.tapline-setup.json'));
    writeFileSync(join(folder, 'node_modules', '.package-lock.json'), lockFile('0.9.0'));
    await setup();
    expect(installs()).toHaveLength(2);

    rmSync(join(folder, 'node_modules', '.tapline-setup.json'));
    writeFileSync(join(folder, 'node_modules', 'better-sqlite3', 'index.js'), 'throw new Error()');
    await setup();
    expect(installs()).toHaveLength(3);
  });

  it('installs once when two start together', async () => {
    const results = await Promise.all([setup(), setup(), setup()]);
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(installs()).toHaveLength(1);
    expect(readFileSync(join(folder, 'calls.log'), 'utf8')).not.toContain('two at once');
  });

  it('goes on after a setup that was killed', async () => {
    const { pid: dead } = spawnSync(process.execPath, ['-e', '0']);
    writeFileSync(join(folder, '.tapline-setup.lock'), JSON.stringify({ pid: dead, host: hostname(), id: 'x' }));
    expect(await setup()).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, '.tapline-setup.lock'))).toBe(false);
  });

  it('fails without a stamp when npm fails, so that the next call tries again', async () => {
    writeFileSync(join(folder, 'npm-fails'), '');
    expect(await setup()).toMatchObject({ code: 1, stderr: expect.stringContaining('npm ci failed') });
    rmSync(join(folder, 'npm-fails'));
    rmSync(join(folder, 'node_modules'), { recursive: true });
    expect(await setup()).toMatchObject({ code: 0 });
    expect(existsSync(join(folder, '.tapline-setup.lock'))).toBe(false);
  });

  it('says so when the native module could not be built', async () => {
    writeFileSync(join(folder, 'native-broken'), '');
    expect(await setup()).toMatchObject({ code: 1, stderr: expect.stringContaining('better-sqlite3') });
  });

  it('points node-gyp to the headers of this Node, unless somebody chose a place', async () => {
    const prefix = dirname(dirname(process.execPath));
    const hasHeaders = existsSync(join(prefix, 'include', 'node', 'node.h'));
    await setup();
    expect(installs()[0]?.nodedir).toBe(hasHeaders ? prefix : undefined);

    rmSync(join(folder, 'node_modules'), { recursive: true });
    await setup({ NPM_CONFIG_NODEDIR: '/somewhere' });
    expect(installs()[1]?.nodedir).toBeUndefined();
  });

  it('works without a home folder', async () => {
    expect(await setup({ HOME: join(folder, 'nowhere') })).toMatchObject({ code: 0 });
    expect(installs()[0]?.home).not.toBe(join(folder, 'nowhere'));
  });
});
