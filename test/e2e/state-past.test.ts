import { beforeEach, describe, expect, it } from 'vitest';
import { misfits } from '../schemas.js';
import { folderWith, tapline } from './program.js';

const id = 'dev:tap-x-to-target-y';
const wrap = (bookmarks: object, rest: object = {}) => JSON.stringify({ singer_state: { ...rest, bookmarks } });
const first = wrap({ users: { id: 1 }, orders: { id: 5 } });
const second = '{"singer_state":{"bookmarks":{"users":{"id":12345678901234567890},"events":{}}}}';

let folder: string;
const call = (...args: string[]) => tapline(folder, args);
const now = async () => (await call('state', 'get', id)).stdout.trim();

beforeEach(async () => {
  folder = await folderWith({ 'meltano.yml': 'environments:\n- name: dev\n' });
  await call('state', 'set', '--force', id, first);
  await call('state', 'set', '--force', id, second);
});

describe('the past of a state', () => {
  it('is listed, the newest version first, with what each has changed', async () => {
    const json = JSON.parse((await call('state', 'history', id, '--format=json')).stdout);
    expect(misfits('output-state-history', json)).toBeUndefined();
    expect(json).toMatchObject({ state_id: id, is_newest_current: true });
    expect(json.versions).toMatchObject([
      { version: 2, mode: 'edit', changed: ['events', 'orders', 'users'] },
      { version: 1, mode: 'edit', changed: ['orders', 'users'], singer_state: { bookmarks: { users: { id: 1 } } } },
    ]);
    const text = (await call('state', 'history', id, '--limit=1')).stdout;
    expect(text).toMatch(/^VERSION +SAVED +HOW +RUN +CHANGED\n2 +\d{4}-.* +by hand +events, orders, users\n$/);
    const none = await call('state', 'history', 'dev:a-to-b');
    expect(none).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('has no versions') });
  });

  it('is compared by stream', async () => {
    expect((await call('state', 'diff', id)).stdout).toBe(`${id}: version 1 → now
  events
  + {}
  orders
  - {"id":5}
  users
  - {"id":1}
  + {"id":12345678901234567890}
`);
    const { stdout } = await call('state', 'diff', id, '2', '1', '--format=json');
    expect(misfits('output-state-diff', JSON.parse(stdout))).toBeUndefined();
    expect(stdout).toContain('12345678901234567890');
    expect(JSON.parse(stdout)).toMatchObject({
      from_version: 2,
      to_version: 1,
      changes: [{ change: 'removed' }, { change: 'added' }, { change: 'changed' }],
    });
    expect((await call('state', 'diff', id, '2')).stdout).toContain('no differences');
  });

  it('can be returned to, and back', async () => {
    expect((await call('state', 'rollback', id)).stderr).toContain('return');
    expect(await now()).toBe(second);
    const back = await call('state', 'rollback', '--force', id);
    expect(back).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('to version 1') });
    expect(JSON.parse(await now())).toEqual(JSON.parse(first));
    await call('state', 'rollback', '--force', id, '2');
    expect(await now()).toBe(second);
    expect(JSON.parse((await call('state', 'history', id, '--format=json')).stdout).versions).toHaveLength(4);
  });

  it('brings back a cleared state, and what lay over it', async () => {
    await call('state', 'merge', id, wrap({ users: { since: 1 } }));
    const merged = await now();
    await call('state', 'clear', '--force', id);
    expect(await now()).toBe('{}');
    await call('state', 'rollback', '--force', id);
    expect(await now()).toBe(merged);
    await call('state', 'rollback', '--force', id, '4');
    expect(await now()).toBe('{}');
  });

  it.each([
    [['state', 'rollback', '--force', id, '9'], 'It has the versions 2, 1;'],
    [['state', 'diff', id, '1', '7'], '[STATE_VERSION_UNKNOWN]'],
    [['state', 'rollback', '--force', 'dev:a-to-b'], '[STATE_VERSION_UNKNOWN]'],
  ])('has not everything: %j', async (args, text) => {
    const ended = await call(...args);
    expect(ended.stderr).toContain(text);
    expect(ended).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('a state by stream', () => {
  it('is printed', async () => {
    expect((await call('state', 'get', id, '--by-stream')).stdout).toBe(
      'events  {}\nusers   {"id":12345678901234567890}\n',
    );
    const { stdout } = await call('state', 'get', id, '--by-stream', '--format=json');
    expect(misfits('output-state-get-by-stream', JSON.parse(stdout))).toBeUndefined();
    expect(stdout).toBe(
      `{"state_id":"${id}","streams":[{"stream":"events","bookmark":{}},{"stream":"users","bookmark":{"id":12345678901234567890}}]}\n`,
    );
    expect((await call('state', 'get', 'none', '--by-stream')).stdout).toBe('');
  });

  it('is printed with the partitions that the Singer SDK keeps', async () => {
    const part = (repo: string) => ({ context: { org: 'acme', repo }, replication_key_value: `of ${repo}` });
    const state = { bookmarks: { issues: { partitions: [part('shop'), part('web')] }, orgs: { at: 1 } } };
    await call('state', 'set', '--force', id, JSON.stringify({ singer_state: state }));
    expect((await call('state', 'get', id, '--by-stream')).stdout).toBe(
      [
        'issues  org=acme repo=shop  {"replication_key_value":"of shop"}\n',
        'issues  org=acme repo=web   {"replication_key_value":"of web"}\n',
        'orgs                        {"at":1}\n',
      ].join(''),
    );
    const printed = JSON.parse((await call('state', 'get', id, '--by-stream', '--format=json')).stdout);
    expect(misfits('output-state-get-by-stream', printed)).toBeUndefined();
    expect(printed.streams[0].partitions[1]).toEqual({
      context: { org: 'acme', repo: 'web' },
      bookmark: { replication_key_value: 'of web' },
    });
    expect(printed.streams[0].bookmark).toEqual(state.bookmarks.issues);
  });

  it('is cleared in part', async () => {
    await call('state', 'set', '--force', id, wrap({ a_1: 1, a_2: 2, b: 3 }, { currently_syncing: 'a_1', other: 1 }));
    const cleared = await call('state', 'clear', '--force', id, '--stream', 'a_*');
    expect(cleared).toMatchObject({ code: 0, stdout: '', stderr: expect.stringContaining('a_1, a_2') });
    expect(JSON.parse(await now()).singer_state).toEqual({ bookmarks: { b: 3 }, other: 1 });
    await call('state', 'rollback', '--force', id);
    expect(JSON.parse(await now()).singer_state.bookmarks).toEqual({ a_1: 1, a_2: 2, b: 3 });
  });

  it.each([
    [['state', 'clear', '--force', id, '--stream=usres'], "Did you mean 'users'?", 1],
    [['state', 'clear', '--force', 'none', '--stream=users'], '[STATE_ID_UNKNOWN]', 1],
    [['state', 'clear', '--force', '--all', '--stream=users'], 'requires a state ID', 2],
  ])('is not cleared by %j', async (args, text, code) => {
    const ended = await call(...args);
    expect(ended.stderr).toContain(text);
    expect(ended.code).toBe(code);
    expect(await now()).toBe(second);
  });
});
