import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tapline } from './program.js';
import { singerProject } from './singer-project.js';

/** Shows which state and which streams it was given; prints the state that it is told to. */
const tap = `#!/bin/sh
case "$*" in *--discover*) echo '{"streams": [{"tap_stream_id": "users", "metadata": []}, {"tap_stream_id": "orders", "metadata": []}]}'; exit 0;; esac
rm -f seen.json
while [ $# -gt 0 ]; do
  [ "$1" = --state ] && cp "$2" seen.json
  [ "$1" = --catalog ] && cp "$2" catalog.json
  shift
done
printf '{"type": "STATE", "value": %s}\\n' "$TAP_X_TOKEN"
`;

const before = '{"singer_state":{"bookmarks":{"users":{"id":9,"old":1},"orders":{"id":5}}}}';
const stateId = 'dev:tap-x-to-target-y';

async function afterRun(printed: string, ...args: string[]) {
  const folder = await singerProject({ 'tap.sh': tap });
  await tapline(folder, ['state', 'set', '--force', stateId, before]);
  const ended = await tapline(folder, ['run', 'tap-x', 'target-y', ...args], { env: { TAP_X_TOKEN: printed } });
  expect(ended.code).toBe(0);
  const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8').catch(() => 'null'));
  const catalog = (await read('catalog.json')) as { streams: { tap_stream_id: string; selected: boolean }[] };
  return {
    folder,
    seen: await read('seen.json'),
    streams: catalog.streams.filter(({ selected }) => selected).map((stream) => stream.tap_stream_id),
    kept: JSON.parse((await tapline(folder, ['state', 'get', stateId])).stdout).singer_state,
    stderr: ended.stderr,
  };
}

describe('--state-strategy merge', () => {
  it('keeps the bookmarks of streams that did not run, run after run', async () => {
    const folder = await singerProject({ 'tap.sh': tap });
    await tapline(folder, ['state', 'set', '--force', stateId, before]);
    const run = async (printed: string, ...args: string[]) => {
      const ended = await tapline(folder, ['run', 'tap-x', 'target-y', ...args], { env: { TAP_X_TOKEN: printed } });
      expect(ended.code, ended.stderr).toBe(0);
      const seen = JSON.parse(await readFile(join(folder, 'seen.json'), 'utf8'));
      const kept = JSON.parse((await tapline(folder, ['state', 'get', stateId])).stdout).singer_state;
      return { seen: seen.bookmarks, kept: kept.bookmarks };
    };
    const users = await run('{"bookmarks": {"users": {"id": 10}}}', '--state-strategy', 'merge');
    expect(users.kept).toEqual({ users: { id: 10, old: 1 }, orders: { id: 5 } });
    const orders = await run('{"bookmarks": {"orders": {"id": 6}}}', '--state-strategy=merge');
    // The second run starts from what the first one left.
    expect(orders.seen).toEqual(users.kept);
    expect(orders.kept).toEqual({ users: { id: 10, old: 1 }, orders: { id: 6 } });
    const fresh = await run('{"bookmarks": {"refunds": {"id": 1}}}', '--state-strategy', 'merge');
    expect(fresh.kept).toEqual({ ...orders.kept, refunds: { id: 1 } });
    // Without it a state is what the target printed last.
    const plain = await run('{"bookmarks": {"users": {"id": 11}}}');
    expect(plain.kept).toEqual({ users: { id: 11 } });
  });
});

describe('a run of some streams', () => {
  it('refreshes these, and keeps the bookmarks of the others', async () => {
    const run = await afterRun('{"bookmarks": {"users": {"id": 2}}}', '--select', 'users', '--full-refresh');
    expect(run.streams).toEqual(['users']);
    expect(run.seen).toEqual({ bookmarks: { orders: { id: 5 } } });
    // Nothing is left of the old bookmark, not even a key that the new one lacks.
    expect(run.kept).toEqual({ bookmarks: { users: { id: 2 }, orders: { id: 5 } } });
    expect(run.stderr).toContain('the others keep their bookmarks');
    const halves = JSON.parse((await tapline(run.folder, ['state', 'export'])).stdout);
    expect(halves[stateId].partial).toEqual({});
  });

  it('goes on from all bookmarks without a refresh, and loses none that the tap does not print', async () => {
    const run = await afterRun('{"bookmarks": {"orders": {"id": 6}}}', '--exclude=users');
    expect(run.streams).toEqual(['orders']);
    expect(run.seen).toEqual(JSON.parse(before).singer_state);
    expect(run.kept).toEqual({ bookmarks: { users: { id: 9, old: 1 }, orders: { id: 6 } } });
  });

  it('keeps the bookmark of a selected stream that was not reached', async () => {
    const run = await afterRun(
      '{"bookmarks": {"users": {"id": 1}}}',
      '--select=users',
      '--select=orders',
      '--full-refresh',
    );
    expect(run.seen).toBeNull();
    expect(run.kept).toEqual({ bookmarks: { users: { id: 1 }, orders: { id: 5 } } });
  });

  it('does as it is told where it is said how states are saved', async () => {
    const printed = '{"bookmarks": {"users": {"id": 2}}}';
    const over = await afterRun(printed, '--select=users', '--full-refresh', '--state-strategy=overwrite');
    expect(over.kept).toEqual({ bookmarks: { users: { id: 2 } } });
    const merged = await afterRun(printed, '--select=users', '--full-refresh', '--state-strategy=merge');
    expect(merged.kept).toEqual({ bookmarks: { users: { id: 2, old: 1 }, orders: { id: 5 } } });
  });

  it('warns of a stream that is not there', async () => {
    const run = await afterRun('{}', '--select=usres');
    expect(run.streams).toEqual([]);
    expect(run.stderr).toContain('usres');
  });

  it('holds in el too', async () => {
    const folder = await singerProject({ 'tap.sh': tap });
    await tapline(folder, ['state', 'set', '--force', 'mine', before]);
    const args = ['el', 'tap-x', 'target-y', '--state-id=mine', '--full-refresh', '-s', 'users'];
    await tapline(folder, args, { env: { TAP_X_TOKEN: '{"bookmarks": {"users": {"id": 2}}}' } });
    const kept = JSON.parse((await tapline(folder, ['state', 'get', 'mine'])).stdout);
    expect(kept.singer_state).toEqual({ bookmarks: { users: { id: 2 }, orders: { id: 5 } } });
  });
});
