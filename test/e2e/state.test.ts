import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { misfits } from '../schemas.js';
import { cli, folderWith, tapline } from './program.js';

const state = '{"singer_state": {"bookmarks": {"users": {"id": 12345678901234567890}}}}';

let folder: string;
beforeEach(async () => {
  folder = await folderWith({ 'meltano.yml': 'environments:\n- name: dev\n', 'state.json': state });
});
const call = (args: string[], input = '') => tapline(folder, args, { input });

describe('state', () => {
  it('is set, printed, listed and cleared; long numbers keep their digits', async () => {
    expect((await call(['state', 'set', '--force', 'my-id', state])).code).toBe(0);
    const got = await call(['state', 'get', 'my-id']);
    expect(got.stdout).toBe(`${state.replaceAll(' ', '')}\n`);
    expect(misfits('output-state-get', JSON.parse(got.stdout))).toBeUndefined();
    expect((await call(['state', 'set', '--force', 'other', '--input-file', 'state.json'])).code).toBe(0);
    expect((await call(['state', 'list'])).stdout).toBe('my-id\nother\n');
    expect((await call(['state', 'list', '--pattern', 'my*'])).stdout).toBe('my-id\n');
    expect((await call(['state', 'clear', '--force', 'my-id'])).code).toBe(0);
    expect((await call(['state', 'list'])).stdout).toBe('other\n');
    expect((await call(['state', 'clear', '--force', '--all'])).code).toBe(0);
    expect((await call(['state', 'list'])).stdout).toBe('');
  });

  it('of an unknown ID is an empty one', async () => {
    expect(await call(['state', 'get', 'none'])).toMatchObject({ code: 0, stdout: '{}\n' });
  });

  it('is changed only after a yes', async () => {
    expect(await call(['state', 'set', 'my-id', state], 'n\n')).toMatchObject({ code: 1, stdout: '' });
    expect((await call(['state', 'set', 'my-id', state], '')).stderr).toContain('Aborted!');
    expect((await call(['state', 'get', 'my-id'])).stdout).toBe('{}\n');
    const yes = await call(['state', 'set', 'my-id', state], 'what\ny\n');
    expect(yes.stderr).toContain("This will overwrite the state's current value. Continue? [y/N]:");
    expect((await call(['state', 'list'])).stdout).toBe('my-id\n');
  });

  describe('in an editor', () => {
    const editor = (script: string) => writeFile(join(folder, 'editor'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const edit = () =>
      tapline(folder, ['state', 'edit', '--force', 'my-id'], { env: { EDITOR: join(folder, 'editor') } });
    const current = async () => (await call(['state', 'get', 'my-id'])).stdout;
    beforeEach(() => call(['state', 'set', '--force', 'my-id', state]));

    it('is changed to what is saved there, and left alone where nothing was changed, or the editor fails', async () => {
      await editor('sed -i s/users/orders/ "$1"');
      expect(await edit()).toMatchObject({ code: 0, stderr: expect.stringContaining('successfully updated') });
      expect(await current()).toBe(`${state.replaceAll(' ', '').replace('users', 'orders')}\n`);
      expect(await edit()).toMatchObject({ code: 0, stderr: expect.stringContaining('No changes detected') });
      await editor('sed -i s/orders/users/ "$1"; exit 3');
      expect(await edit()).toMatchObject({ code: 1, stderr: expect.stringContaining('exit code 3') });
      expect(await current()).toContain('orders');
    });

    it('is not written over what was saved meanwhile', async () => {
      const meanwhile = `"${process.execPath}" "${cli}" state set --force my-id '{"singer_state": {"by": "a run"}}'`;
      await editor(`${meanwhile} && sed -i s/users/orders/ "$1"`);
      expect(await edit()).toMatchObject({ code: 1, stderr: expect.stringContaining('[STATE_NOT_SAVED]') });
      expect(JSON.parse(await current())).toEqual({ singer_state: { by: 'a run' } });
    });
  });

  it.each([
    [['state', 'set', '--force', 'x', 'no json'], 'Invalid JSON provided', 1],
    [['state', 'set', '--force', 'x', '{"bookmarks": {}}'], 'singer_state', 1],
    [['state', 'set', '--force', 'x'], 'exactly one of: --input-file, STATE', 1],
    [['state', 'set', '--force', 'x', '--input-file', 'nope'], "'nope'", 2],
    [['state', 'clear', '--force'], 'but not both', 2],
  ])('that is none is refused: %j', async (args, text, code) => {
    const ended = await call(args);
    expect(ended.stderr).toContain(text);
    expect(ended.code).toBe(code);
    expect((await call(['state', 'list'])).stdout).toBe('');
  });

  it('is kept in files where the project says so', async () => {
    await writeFile(join(folder, 'meltano.yml'), `state_backend: {uri: 'file://${folder}/states'}\n`);
    await call(['state', 'set', '--force', 'my-id', state]);
    expect(JSON.parse(await readFile(join(folder, 'states/my-id/state.json'), 'utf8'))).toHaveProperty(
      'completed.singer_state',
    );
  });
});

describe('history and leases', () => {
  it('are empty lists at first', async () => {
    const runs = JSON.parse((await call(['runs', 'list', '--format', 'json'])).stdout);
    expect(misfits('output-runs-list', runs)).toBeUndefined();
    expect(runs).toEqual({ runs: [] });
    const leases = JSON.parse((await call(['lease', 'list', '--format', 'json'])).stdout);
    expect(misfits('output-lease-list', leases)).toBeUndefined();
    expect(leases).toEqual({ leases: [] });
  });

  it('say what they do not know', async () => {
    expect(await call(['runs', 'show', 'abc'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('[RUN_UNKNOWN]'),
    });
    const lease = await call(['lease', 'release', '--force', 'abc']);
    expect(lease).toMatchObject({ code: 1, stderr: expect.stringContaining('[LEASE_UNKNOWN]') });
  });
});
