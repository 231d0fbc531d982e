import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { misfits } from '../schemas.js';
import { cleanEnvironment, cli, tapline } from './program.js';
import { singerProject } from './singer-project.js';

let folder: string;
let child: ChildProcess;
let ended: Promise<number>;
let stderr = '';

/** A run whose tap waits until it is told to end. */
beforeEach(async () => {
  folder = await singerProject();
  stderr = '';
  const env = { ...cleanEnvironment(join(folder, 'home')), TAP_X_WAIT: '1' };
  child = spawn(process.execPath, [cli, 'run', 'tap-x', 'target-y'], { cwd: folder, env });
  ended = new Promise((resolve) => child.on('close', (code) => resolve(code ?? -1)));
  await new Promise<void>((resolve) => {
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
      if (stderr.includes('] tap-x        waiting')) resolve();
    });
    child.on('close', () => resolve());
  });
});

afterEach(async () => {
  child.kill('SIGKILL');
  await ended;
});

describe('while a run holds its state ID', () => {
  it('another is refused, skipped with 99, and told by whom it is held', async () => {
    const refused = await tapline(folder, ['run', 'tap-x', 'target-y']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('[LEASE_HELD]');
    expect(refused.stderr).toContain(String(child.pid));
    expect((await tapline(folder, ['run', '--if-running=skip', 'tap-x', 'target-y'])).code).toBe(99);
  });

  it('its lease is listed, its state can not be set, and a release stops it', async () => {
    const { leases } = JSON.parse((await tapline(folder, ['lease', 'list', '--format=json'])).stdout);
    expect(misfits('output-lease-list', { leases })).toBeUndefined();
    expect(leases).toMatchObject([{ kind: 'state', name: 'dev:tap-x-to-target-y', owner: { pid: child.pid } }]);
    expect((await tapline(folder, ['lease', 'list'])).stdout).toContain(`pid ${child.pid}`);
    const set = await tapline(folder, ['state', 'set', '--force', 'dev:tap-x-to-target-y', '{"singer_state": {}}']);
    expect(set).toMatchObject({ code: 1, stderr: expect.stringContaining('[LEASE_HELD]') });
    // What it could do about it as a run, it can't do here.
    expect(set.stderr).not.toMatch(/--if-running|--force/);
    const release = await tapline(folder, ['lease', 'release', 'dev:tap-x-to-target-y'], { input: 'y\n' });
    expect(release.code).toBe(0);
    expect(await ended).toBe(1);
    expect(stderr).toContain('[LEASE_LOST]');
  });
});
