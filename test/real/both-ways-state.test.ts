/** One project, the original and Tapline by turns: what one keeps, the other goes on from. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, open as openFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openHistory } from '../../src/history/open.js';
import { exactJson, parseExactJson } from '../../src/singer/exact-json.js';
import { openStateBackend } from '../../src/state/open.js';
import { currentOwner } from '../../src/state/owner.js';
import type { StateBackend, WrappedState } from '../../src/state/port.js';
import type { Database } from '../../src/state/systemdb/database.js';
import { openSystemDatabase } from '../../src/state/systemdb/open.js';
import { takeLease } from '../state/take-lease.js';
import { installedMeltano, type MeltanoResult, meltano } from './meltano.js';
import { backends, Fleet, stateWith, upTo } from './mixed-fleet.js';
import { hasPostgres } from './postgres.js';

const stateId = 'dev:tap-fake-to-target-fake';
const runId = '01a20390-bed5-7b53-98ac-8cbb8f1f02f3';

const projectFile = `
default_environment: dev
project_id: 5d4fb5a7-6d0c-4e5b-8a3e-6b6a3b8f1c11
send_anonymous_usage_stats: false
environments: [{name: dev}]
plugins:
  extractors:
  - {name: tap-fake, namespace: tap_fake, executable: ./tap.sh, capabilities: [state]}
  loaders:
  - {name: target-fake, namespace: target_fake, executable: ./target.sh}
`;
const tap = `#!/bin/sh
test -p gate && read line < gate
echo '{"type": "SCHEMA", "stream": "users", "schema": {"properties": {}}, "key_properties": []}'
echo '{"type": "STATE", "value": {"lsn": 18446744073709551615, "name": "Zoë"}}'
`;
const target = `#!/bin/sh
sed -n 's/.*"STATE", "value": \\(.*\\)}$/\\1/p'
`;
const fromTap = { singer_state: { lsn: 18446744073709551615n, name: 'Zoë' } };
const ours = { singer_state: { bookmarks: { ü: { big: 12345678901234567890n, list: [1, null, 'x\u2028'] } } } };

let executable: string;
let folder: string;
const opened: Database[] = [];

beforeAll(async () => {
  executable = await installedMeltano();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tapline-both-'));
  await writeFile(join(folder, 'meltano.yml'), projectFile);
  for (const [name, text] of Object.entries({ 'tap.sh': tap, 'target.sh': target })) {
    await writeFile(join(folder, name), text);
    await chmod(join(folder, name), 0o755);
  }
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
  await rm(folder, { recursive: true });
});

async function database(): Promise<Database> {
  await mkdir(join(folder, '.meltano'), { recursive: true });
  const open = await openSystemDatabase({ uri: 'sqlite:///.meltano/meltano.db', cwd: folder });
  opened.push(open);
  return open;
}

async function save(backend: StateBackend, state: WrappedState, mode: 'completed' | 'partial' = 'completed') {
  const { lease } = await takeLease(backend.leases, stateId, { owner: await currentOwner(runId) });
  await lease.save({ mode, state });
  await lease.release();
}

describe.each(['systemdb', 'file'])('state in %s', (kind) => {
  const uri = () => (kind === 'file' ? `file://${folder}/state` : 'systemdb');
  const backend = () => openStateBackend({ uri: uri(), systemDatabase: database });
  const original = (...words: string[]): Promise<MeltanoResult> =>
    meltano(executable, folder, words, { MELTANO_STATE_BACKEND_URI: uri() });

  test("the original's run is gone on from", async () => {
    expect(await original('run', 'tap-fake', 'target-fake')).toMatchObject({ code: 0 });
    expect(await (await backend()).read(stateId)).toMatchObject({ version: 0, completed: fromTap, partial: {} });
    await original('state', 'merge', stateId, '{"singer_state": {"extra": true}}');
    expect((await (await backend()).read(stateId))?.partial).toEqual({ singer_state: { extra: true } });
  });

  test('the original goes on from ours, and we from what it made of that', async () => {
    await save(await backend(), ours);
    expect((await original('state', 'list')).stdout.trim()).toBe(stateId);
    const got = await original('state', 'get', stateId);
    expect(parseExactJson(got.stdout)).toEqual(ours);
    expect(await original('state', 'set', '--force', stateId, exactJson(fromTap))).toMatchObject({ code: 0 });
    expect((await (await backend()).read(stateId))?.completed).toEqual(fromTap);
    await save(await backend(), { singer_state: { part: 1 } }, 'partial');
    const merged = { singer_state: { ...fromTap.singer_state, part: 1 } };
    expect(parseExactJson((await original('state', 'get', stateId)).stdout)).toEqual(merged);
    expect((await (await backend()).versions(stateId)).map(({ mode }) => mode)).toEqual([
      'partial',
      'edit',
      'completed',
    ]);
  });

  test("the original's clear takes the state, not our lease and versions", async () => {
    const open = await backend();
    await save(open, ours);
    const { lease } = await takeLease(open.leases, stateId, { owner: await currentOwner(runId) });
    expect(await original('state', 'clear', '--force', stateId)).toMatchObject({ code: 0 });
    expect(await open.read(stateId)).toBeUndefined();
    await lease.renew();
    expect((await open.versions(stateId))[0]?.completed).toEqual(ours);
  });
});

const isPostgresThere = await hasPostgres();

describe.each(backends)('the original, Tapline, the original, three times over on %s', (kind) => {
  test.skipIf(kind === 'PostgreSQL' && !isPostgresThere)('no row is lost or loaded twice', async () => {
    const fleet = await Fleet.make(kind);
    try {
      const once = [() => fleet.original(), () => fleet.ours(), () => fleet.original()];
      const runs = [...once, ...once, ...once];
      for (const [before, run] of runs.entries()) {
        const ended = await run();
        expect(ended.code, ended.stderr).toBe(0);
        expect(await fleet.rows()).toEqual(upTo(3 * (before + 1)));
      }
      const state = stateWith(3 * runs.length);
      expect(await fleet.bookmarks()).toEqual({ original: state, ours: state });
    } finally {
      await fleet.close();
    }
  });
});

describe('runs', () => {
  const run = () => meltano(executable, folder, ['run', 'tap-fake', 'target-fake']);

  test('the original refuses to start while a run of ours lives, and starts when it is over', async () => {
    const { meltanoRuns } = openHistory(await database());
    const id = await meltanoRuns.insert(stateId, runId, 'cli');
    const refused = await run();
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('already running');
    await meltanoRuns.finish(id, 'FAIL', 'Loader failed');
    expect(await run()).toMatchObject({ code: 0 });
    expect((await meltanoRuns.list({ jobName: stateId })).map(({ state }) => state)).toEqual(['SUCCESS', 'FAIL']);
  });

  test('a living run of the original is seen', async () => {
    execFileSync('mkfifo', [join(folder, 'gate')]);
    const { meltanoRuns } = openHistory(await database());
    const child = spawn(executable, ['run', 'tap-fake', 'target-fake'], { cwd: folder, stdio: 'ignore' });
    const exited = once(child, 'exit');
    // Opening the gate to write waits until the tap has opened it to read: then the run is on its way.
    const gate = await openFile(join(folder, 'gate'), 'w');
    expect(await meltanoRuns.living(stateId)).toMatchObject([{ jobName: stateId, state: 'RUNNING', trigger: 'cli' }]);
    expect(await meltanoRuns.sweepStale(stateId)).toEqual([]);
    await gate.close();
    expect(await exited).toEqual([0, null]);
    expect(await meltanoRuns.living(stateId)).toEqual([]);
  });
});
