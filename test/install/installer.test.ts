import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { findProgram } from '../../src/install/find-program.js';
import { fingerprint, fingerprintFile } from '../../src/install/fingerprint.js';
import { processStart } from '../../src/state/owner.js';
import { installRig, pluginWith, type Rig } from './install-rig.js';
import { writePythonPackage } from './python-package.js';

const said = (file: string) => execFileSync(file, { encoding: 'utf8' }).trim();
const venvOf = (rig: Rig, owner: string) => join(rig.sysDir, 'extractors', owner, 'venv');
const auto = (rig: Rig) => ({ mode: 'auto', report: rig.report }) as const;
const typesOf = (rig: Rig) => rig.events.map(({ type }) => type);

/** A PATH without uv, so that venv and pip have to do. */
async function pathWithoutUv(root: string): Promise<string> {
  const bin = join(root, 'only-python');
  await mkdir(bin, { recursive: true });
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim();
  await writeFile(join(bin, 'python3'), `#!/bin/sh\nexec ${python} "$@"\n`, { mode: 0o755 });
  return `${bin}:/usr/bin:/bin`;
}

describe.skipIf(findProgram('uv', process.env.PATH) === undefined)('with uv', () => {
  it('installs a folder once and finds its program', async () => {
    const rig = await installRig();
    await writePythonPackage(join(rig.root, 'src pkg'), 'tap_one', 'one');
    const plugin = pluginWith({ name: 'tap-one', pipUrl: '"./src pkg"' });
    expect(() => rig.installer.executable(plugin)).toThrow(/Executable 'tap-one' could not be found/);
    expect(await rig.installer.ensure([plugin], auto(rig))).toMatchObject([{ status: 'installed' }]);
    const program = rig.installer.executable(plugin);
    expect(said(program.file)).toBe('one');
    expect(program.env).toMatchObject({ VIRTUAL_ENV: venvOf(rig, 'tap-one') });
    expect(program.env.PATH?.startsWith(join(venvOf(rig, 'tap-one'), 'bin:'))).toBe(true);
    expect(await rig.installer.ensure([plugin], auto(rig))).toMatchObject([{ status: 'current' }]);
    expect(typesOf(rig)).toEqual(['install.started', 'install.finished', 'install.skipped']);
  });

  it('takes several requirements, git with a tag, -e, constraints, variables and lines', async () => {
    const rig = await installRig({ dotenv: { EXTRA_FOLDER: 'two' } });
    const git = join(rig.root, 'repository');
    await writePythonPackage(git, 'tap_git', 'tagged');
    const run = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], { cwd: git });
    run('init', '-q');
    run('add', '.');
    run('commit', '-q', '-m', 'first');
    run('tag', 'v1');
    await writePythonPackage(git, 'tap_git', 'later');
    run('commit', '-q', '-a', '-m', 'second');
    await writePythonPackage(join(rig.root, 'two'), 'tap_two', 'two');
    await writePythonPackage(join(rig.root, 'edit'), 'tap_edit', 'edited');
    await writeFile(join(rig.root, 'constraints.txt'), 'tap_two<2\n');
    const pipUrl = `git+file://${git}@v1\n  "./\${EXTRA_FOLDER}"  -e ./edit\n --constraint constraints.txt`;
    const plugin = pluginWith({ name: 'tap-git', pipUrl });
    await rig.installer.ensure([plugin], auto(rig));
    const bin = join(venvOf(rig, 'tap-git'), 'bin');
    expect([said(join(bin, 'tap-git')), said(join(bin, 'tap-two'))]).toEqual(['tagged', 'two']);
    await writePythonPackage(join(rig.root, 'edit'), 'tap_edit', 'edited again');
    expect(said(join(bin, 'tap-edit'))).toBe('edited again');
  });

  it('keeps a venv that was made with another Python version in MELTANO__PYTHON_VERSION', async () => {
    const rig = await installRig();
    const plugin = pluginWith({ name: 'tap-v', pipUrl: 'tap-v-for-${MELTANO__PYTHON_VERSION}' });
    const venv = venvOf(rig, 'tap-v');
    await mkdir(join(venv, 'bin'), { recursive: true });
    await symlink(process.execPath, join(venv, 'bin', 'python'));
    await writeFile(join(venv, 'pyvenv.cfg'), 'home = /x\nversion_info = 3.8.18\n');
    await writeFile(join(venv, fingerprintFile), fingerprint(['tap-v-for-3.8'], undefined));
    expect(await rig.installer.ensure([plugin], auto(rig))).toMatchObject([{ status: 'current' }]);
  });

  it('installs a shared venv once, drops cached catalogs, and says why it skips', async () => {
    const rig = await installRig();
    await writePythonPackage(join(rig.root, 'pkg'), 'tap_base', 'base');
    const cache = join(rig.sysDir, 'run', 'tap-child', 'tap.properties.json');
    await mkdir(join(rig.sysDir, 'run', 'tap-child'), { recursive: true });
    await writeFile(cache, '{}');
    const base = pluginWith({ name: 'tap-base', pipUrl: './pkg' });
    const child = pluginWith({ name: 'tap-child', pipUrl: './pkg', venvOwner: 'tap-base', executable: 'tap-base' });
    const plain = pluginWith({ name: 'tap-plain', pipUrl: undefined });
    const outcomes = await rig.installer.ensure([base, child, plain], auto(rig));
    expect(outcomes.map(({ plugin, status }) => `${plugin.name} ${status}`).sort()).toEqual([
      'tap-base installed',
      'tap-child skipped',
      'tap-plain not_installable',
    ]);
    expect(rig.installer.executable(child).file).toBe(join(venvOf(rig, 'tap-base'), 'bin', 'tap-base'));
    await expect(stat(cache)).rejects.toThrow('ENOENT');
  });

  it('fails with the tool’s last lines, masked, and leaves nothing that looks ready', async () => {
    const rig = await installRig({ secrets: ['s3cr3t'] });
    await writePythonPackage(join(rig.root, 'good'), 'tap_good', 'good');
    const good = pluginWith({ name: 'tap-good', pipUrl: './good' });
    const bad = pluginWith({ name: 'tap-bad', pipUrl: './nowhere-s3cr3t' });
    const failing = rig.installer.ensure([bad, good], auto(rig));
    await expect(failing).rejects.toMatchObject({
      code: 'INSTALL_FAILED',
      message: expect.stringMatching(/extractor 'tap-bad'[\s\S]*exit code[\s\S]*nowhere-\*{5}/),
    });
    const error = await failing.catch((caught: Error) => caught.message);
    const log = /The whole output is in (.*install\.log)/.exec(String(error))?.[1] ?? '';
    expect(await readFile(log, 'utf8')).toMatch(/\$ .*nowhere-\*{5}/);
    expect(await rig.installer.ensure([good], auto(rig))).toMatchObject([{ status: 'current' }]);
    await expect(rig.installer.ensure([bad], auto(rig))).rejects.toMatchObject({ code: 'INSTALL_FAILED' });
  });

  it('shows no credentials of a pip_url', async () => {
    const rig = await installRig({ env: { GIT_TOKEN: 'ghp_t0ken' } });
    const plugin = pluginWith({ name: 'tap-t', pipUrl: 'git+http://me:${GIT_TOKEN}@127.0.0.1:9/tap.git' });
    const error: unknown = await rig.installer.ensure([plugin], auto(rig)).catch((caught: unknown) => caught);
    expect(String(error)).toContain('*****@127.0.0.1:9');
    expect(String(error)).not.toContain('ghp_t0ken');
    const log = join(rig.sysDir, 'logs/pip/extractors/tap-t/install.log');
    expect(await readFile(log, 'utf8')).not.toContain('ghp_t0ken');
    expect((await stat(log)).mode & 0o777).toBe(0o600);
  });

  it('marks a venv unfinished before a tool changes it', async () => {
    const rig = await installRig();
    await writePythonPackage(join(rig.root, 'pkg'), 'tap_a', 'a');
    const plugin = pluginWith({ name: 'tap-a', pipUrl: './pkg' });
    await rig.installer.ensure([plugin], auto(rig));
    await rm(join(rig.root, 'pkg'), { recursive: true });
    await expect(rig.installer.ensure([plugin], { mode: 'install' })).rejects.toMatchObject({ code: 'INSTALL_FAILED' });
    await expect(stat(join(venvOf(rig, 'tap-a'), fingerprintFile))).rejects.toThrow('ENOENT');
  });

  it('does not install where a variable of the pip_url is unset, in auto mode only', async () => {
    const rig = await installRig();
    const plugin = pluginWith({ name: 'tap-u', pipUrl: 'git+https://${TOKEN_NOBODY_SETS}@localhost:1/x.git' });
    expect(await rig.installer.ensure([plugin], auto(rig))).toMatchObject([{ status: 'skipped' }]);
    expect(rig.events[0]).toMatchObject({
      type: 'warning',
      message: expect.stringContaining("'TOKEN_NOBODY_SETS' not set"),
    });
    await expect(rig.installer.ensure([plugin], { mode: 'install' })).rejects.toMatchObject({ code: 'INSTALL_FAILED' });
  });

  it('looks for unset variables before it expands anything, as strict mode would fail there', async () => {
    const rig = await installRig({ strict: true });
    const plugin = pluginWith({ name: 'tap-u', pipUrl: 'x-${TOKEN_NOBODY_SETS}' });
    expect(await rig.installer.ensure([plugin], auto(rig))).toMatchObject([{ status: 'skipped' }]);
  });

  it('tells of each tool’s process group while it lives', async () => {
    const rig = await installRig();
    await writePythonPackage(join(rig.root, 'pkg'), 'tap_w', 'w');
    const told: string[] = [];
    const watcher = {
      watchGroup: (group: number) => told.push(`watch ${group}`),
      forgetGroup: (group: number) => told.push(`forget ${group}`),
    };
    await rig.installer.ensure([pluginWith({ name: 'tap-w', pipUrl: './pkg' })], { ...auto(rig), watcher });
    expect(told).toHaveLength(4);
    expect(told.map((entry) => entry.split(' ')[0])).toEqual(['watch', 'forget', 'watch', 'forget']);
  });

  it('ends the whole process group when it is interrupted', async () => {
    const rig = await installRig();
    const pkg = join(rig.root, 'pkg');
    await writePythonPackage(pkg, 'tap_slow', 'slow');
    const hang = `\nimport time\nopen(${JSON.stringify(join(rig.root, 'building'))}, "w").write(str(os.getpid()))\ntime.sleep(600)\n`;
    await writeFile(join(pkg, 'backend.py'), `import os${hang}`);
    const stop = new AbortController();
    const plugin = pluginWith({ name: 'tap-slow', pipUrl: './pkg' });
    const installing = rig.installer.ensure([plugin], { ...auto(rig), signal: stop.signal });
    const pid = Number(await fileWithText(join(rig.root, 'building')));
    stop.abort();
    await expect(installing).rejects.toMatchObject({ code: 'INTERRUPTED' });
    await expect.poll(() => processStart(pid)).toBeUndefined();
  });
});

describe('two processes', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await installRig();
    await writePythonPackage(join(rig.root, 'pkg'), 'tap_once', 'once');
  });

  it('install one plugin once', async () => {
    const plugin = pluginWith({ name: 'tap-once', pipUrl: './pkg' });
    const second = await installRig({ root: rig.root });
    const outcomes = await Promise.all([
      rig.installer.ensure([plugin], auto(rig)),
      second.installer.ensure([plugin], auto(second)),
    ]);
    expect(
      outcomes
        .flat()
        .map(({ status }) => status)
        .sort(),
    ).toEqual(['current', 'installed']);
  });

  it('the next one ends a tool that a killed runner left behind', async () => {
    const plugin = pluginWith({ name: 'tap-once', pipUrl: './pkg ' });
    const left = spawn('sleep', ['600'], { detached: true });
    await once(left, 'spawn');
    const { noteTool } = await import('../../src/install/leftover-tool.js');
    await noteTool(join(rig.sysDir, 'extractors', 'tap-once', '.install.json'), left.pid ?? 0);
    const gone = once(left, 'exit');
    await rig.installer.ensure([plugin], { ...auto(rig), clean: true });
    expect(await gone).toEqual([null, 'SIGTERM']);
  });
});

describe('without uv', () => {
  it('uses Python’s venv and pip, and says which tools there are none of', async () => {
    const first = await installRig();
    const path = await pathWithoutUv(first.root);
    const rig = await installRig({ root: first.root, env: { PATH: path } });
    await writePythonPackage(join(rig.root, 'pkg'), 'tap_pip', 'by pip');
    const plugin = pluginWith({ name: 'tap-pip', pipUrl: '--no-index ./pkg' });
    await rig.installer.ensure([plugin], auto(rig));
    expect(said(rig.installer.executable(plugin).file)).toBe('by pip');
    const poor = await installRig({ env: { PATH: '/nowhere' } });
    await expect(poor.installer.ensure([plugin], auto(poor))).rejects.toMatchObject({
      message: expect.stringContaining('neither uv nor Python'),
    });
  }, 60_000);
});

describe('executable', () => {
  it('is searched on the PATH of the process, or below the project’s root', async () => {
    const rig = await installRig();
    await mkdir(join(rig.root, 'bin'));
    await writeFile(join(rig.root, 'bin', 'mine'), '#!/bin/sh\n');
    const plugin = pluginWith({ name: 'tap-x', executable: './bin/mine' });
    expect(() => rig.installer.executable(plugin)).toThrow(
      expect.objectContaining({ code: 'EXECUTABLE_MISSING', hint: expect.stringContaining("can't be executed") }),
    );
    await chmod(join(rig.root, 'bin', 'mine'), 0o755);
    expect(rig.installer.executable(plugin)).toEqual({
      file: join(rig.root, 'bin', 'mine'),
      args: [],
      env: {},
      unsetEnv: ['VIRTUAL_ENV', 'PYTHONPATH'],
    });
    expect(rig.installer.executable(plugin, 'mine', { PATH: join(rig.root, 'bin') }).file).toBe(
      join(rig.root, 'bin', 'mine'),
    );
    expect(() => rig.installer.executable(plugin, 'mine', { PATH: '/nowhere' })).toThrow(/'mine' could not be found/);
  });
});

async function fileWithText(path: string): Promise<string> {
  let text = '';
  await expect
    .poll(async () => (text = await readFile(path, 'utf8').catch(() => '')), { timeout: 15_000 })
    .not.toBe('');
  return text;
}
