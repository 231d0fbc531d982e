import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TaplineError } from '../../../src/errors.js';
import { stateNotSaved } from '../../../src/run/block/rescue.js';
import type { World } from '../../../src/run/types.js';
import { currentOwner, processStart } from '../../../src/state/owner.js';
import type { StateBackend, StateLease } from '../../../src/state/port.js';
import { takeLease } from '../../state/take-lease.js';
import { projectRig, type Rig, simpleFiles, simpleProject } from '../project-rig.js';

const rigs: Rig[] = [];
const open = async (...args: Parameters<typeof projectRig>) => {
  const rig = await projectRig(...args);
  rigs.push(rig);
  return rig;
};
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

const id = 'dev:tap-x-to-target-x';
/** A tap that goes on until the file `go` is there. */
const waitingTap = `#!/bin/sh
case "$*" in *--discover*) exec cat catalog.json;; esac
cat data.jsonl
while [ ! -e go ]; do sleep 0.02; done
`;
const go = (rig: Rig) => writeFile(join(rig.root, 'go'), '');
const slowFiles = { ...simpleFiles, 'tap.sh': waitingTap };

/** The object with its methods bound, so that a copy of it works. */
function methodsOf<T extends object>(object: T): T {
  const copy: Record<string, unknown> = {};
  const names = new Set([...Object.keys(object), ...Object.getOwnPropertyNames(Object.getPrototypeOf(object))]);
  for (const name of names) {
    const value: unknown = Reflect.get(object, name);
    copy[name] = typeof value === 'function' ? value.bind(object) : value;
  }
  return copy as T;
}

/** A world whose leases behave as the test says. */
function worldWith(world: World, change: (lease: StateLease) => Partial<StateLease>): World {
  return {
    ...world,
    state: async () => {
      const backend = await world.state();
      const leases: StateBackend['leases'] = {
        list: () => backend.leases.list(),
        releaseHeld: (name) => backend.leases.releaseHeld(name),
        acquire: async (name, options) => {
          const acquired = await backend.leases.acquire(name, options);
          if (acquired.kind === 'held') return acquired;
          const { lease } = acquired;
          const plain: StateLease = {
            name: lease.name,
            token: lease.token,
            validUntil: () => lease.validUntil(),
            renew: () => lease.renew(),
            release: () => lease.release(),
            save: (write) => lease.save(write),
          };
          return { ...acquired, lease: { ...plain, ...change(lease) } };
        },
      };
      return { ...methodsOf(backend), leases };
    },
  };
}

describe('a state ID that another run holds', () => {
  const held = async () => {
    const rig = await open(simpleProject(), slowFiles);
    const first = rig.start('tap-x target-x');
    await first.event('checkpoint');
    return { rig, first };
  };

  it('fails, and names the holder', async () => {
    const { rig, first } = await held();
    const second = await rig.run('tap-x target-x');
    expect(second).toMatchObject({ status: 'failed', exitCode: 1, error: { code: 'LEASE_HELD' } });
    expect(second.error?.message).toContain(`pid ${process.pid}`);
    await go(rig);
    expect((await first.result).status).toBe('success');
  });

  it('is skipped with exit code 99', async () => {
    const { rig, first } = await held();
    const second = await rig.run('tap-x target-x', { ifRunning: 'skip' });
    expect(second).toMatchObject({ status: 'skipped', exitCode: 99, error: { code: 'RUN_SKIPPED' } });
    await go(rig);
    await first.result;
  });

  it('is waited for, and the event names the holder', async () => {
    const { rig, first } = await held();
    const second = rig.start('tap-x target-x', { ifRunning: 'wait' });
    const waiting = await second.event('block.waiting');
    expect(waiting).toMatchObject({
      for: 'lease',
      holder: expect.stringContaining((await first.event('run.started')).runId),
    });
    await go(rig);
    expect((await first.result).status).toBe('success');
    expect((await second.result).status).toBe('success');
    expect(second.of('block.waiting')).toHaveLength(1);
  });

  it('is taken over with force: the old run’s next save is refused and it stops', async () => {
    const { rig, first } = await held();
    const second = rig.start('tap-x target-x', { defaults: { force: true } });
    await second.event('checkpoint');
    const lost = first.event('lease.lost');
    await lost;
    const result = await first.result;
    expect(result).toMatchObject({ status: 'failed', error: { code: 'LEASE_LOST' } });
    await go(rig);
    expect((await second.result).status).toBe('success');
  }, 30_000);
});

describe('the original’s row', () => {
  it('of a living run keeps ours from starting, unless forced', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const { meltanoRuns } = await rig.world.history();
    const row = await meltanoRuns.insert(id, crypto.randomUUID(), 'cli');
    const result = await rig.run('tap-x target-x');
    expect(result).toMatchObject({ status: 'failed', error: { code: 'LEASE_HELD' } });
    await expect(stat(join(rig.root, 'seen'))).rejects.toThrow('ENOENT');
    expect((await rig.run('tap-x target-x', { defaults: { force: true } })).status).toBe('success');
    await meltanoRuns.finish(row, 'SUCCESS');
    expect((await rig.run('tap-x target-x')).status).toBe('success');
  });

  it('that comes while ours starts is seen before the first save', async () => {
    const rig = await open(simpleProject(), {
      ...slowFiles,
      'target.sh': '#!/bin/sh\ncat >/dev/null\necho \'{"a": 1}\'\n',
    });
    const running = rig.start('tap-x target-x');
    await running.event('process.started', ({ role }) => role === 'target');
    await (await rig.world.history()).meltanoRuns.insert(id, crypto.randomUUID(), 'cli');
    await go(rig);
    expect(await running.result).toMatchObject({ status: 'failed', error: { code: 'LEASE_HELD' } });
    expect(await (await rig.world.state()).read(id)).toBeUndefined();
  });

  it('that comes late is seen before the first process of the chain starts, if the original has run before', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const history = await rig.world.history();
    const { meltanoRuns } = history;
    await meltanoRuns.finish(await meltanoRuns.insert(id, crypto.randomUUID(), 'cli'), 'SUCCESS');
    // The original has looked before our row was there, and is slow to insert its own.
    const late = methodsOf(meltanoRuns);
    late.insert = async (...row) => {
      const ours = await meltanoRuns.insert(...row);
      setTimeout(() => void meltanoRuns.insert(id, crypto.randomUUID(), 'cli'), 100);
      return ours;
    };
    const world = { ...rig.world, history: async () => ({ ...history, meltanoRuns: late }) };
    const result = await rig.run('tap-x target-x', {}, world);
    expect(result).toMatchObject({ status: 'failed', error: { code: 'LEASE_HELD' } });
    const started = result.events.flatMap((event) => (event.type === 'process.started' ? [event.role] : []));
    expect(started).toEqual(['discovery']);
  });

  it('that comes while ours runs, since the original was forced, stops ours', async () => {
    const rig = await open(simpleProject(), slowFiles);
    const running = rig.start('tap-x target-x');
    await running.event('checkpoint');
    await (await rig.world.history()).meltanoRuns.insert(id, crypto.randomUUID(), 'cli');
    await running.event('lease.lost');
    expect(await running.result).toMatchObject({ status: 'failed', error: { code: 'LEASE_HELD' } });
  });

  it('of our own that another program has ended stops ours: that program may have run since', async () => {
    const rig = await open(simpleProject(), slowFiles);
    const running = rig.start('tap-x target-x');
    await running.event('checkpoint');
    const { meltanoRuns } = await rig.world.history();
    const [own] = await meltanoRuns.list({ jobName: id });
    await meltanoRuns.finish(own?.id ?? 0, 'FAIL', 'No heartbeat recorded for 5 minutes.');
    await running.event('lease.lost');
    expect(await running.result).toMatchObject({ status: 'failed', error: { code: 'LEASE_LOST' } });
  });
});

describe('two runs of one tap with different state IDs', () => {
  it('share no file', async () => {
    const tap = waitingTap.replace('cat data.jsonl', 'echo "$2" >> configs; cat data.jsonl');
    const rig = await open(simpleProject(), { ...slowFiles, 'tap.sh': tap });
    const runs = ['a', 'b'].map((stateIdSuffix) => rig.start('tap-x target-x', { defaults: { stateIdSuffix } }));
    await Promise.all(runs.map((running) => running.event('checkpoint')));
    await go(rig);
    for (const running of runs) expect((await running.result).status).toBe('success');
    const configs = (await readFile(join(rig.root, 'configs'), 'utf8')).trim().split('\n');
    expect(new Set(configs.map((file) => dirname(file))).size).toBe(2);
  });
});

describe('a run that was killed', () => {
  it.each([
    ['holds', true],
    ['held, until somebody released it,', false],
  ])('and %s the lease leaves processes that the next one ends before it reads the state', async (_when, isHeld) => {
    const rig = await open(simpleProject(), simpleFiles);
    const [history, state] = await Promise.all([rig.world.history(), rig.world.state()]);
    const runner = spawn('true');
    await once(runner, 'exit');
    const left = spawn('sleep', ['600'], { detached: true });
    await once(left, 'spawn');
    const dead = { ...(await currentOwner('dead-run')), pid: runner.pid ?? 0, pidStart: '1' };
    await history.startRun({ ...dead, words: [], environment: 'dev', trigger: 'cli', startedAt: new Date() });
    const pid = left.pid ?? 0;
    const pidStart = (await processStart(pid)) ?? '';
    const { runId, host, bootId, pidNamespace } = dead;
    const row = {
      runId,
      blockId: '1',
      role: 'target',
      plugin: 'target-x',
      pid,
      groupId: pid,
      pidStart,
      host,
      bootId,
      pidNamespace,
    };
    const block = {
      runId,
      blockId: '1',
      kind: 'chain' as const,
      name: 'x',
      plugins: [],
      stateId: id,
      attempt: 1,
      options: {},
    };
    await history.startBlock({ ...block, startedAt: new Date() });
    await history.startProcess({ ...row, startedAt: new Date() });
    await takeLease(state.leases, id, { owner: dead });
    if (!isHeld) await state.leases.releaseHeld(id);
    const gone = once(left, 'exit');
    const result = await rig.run('tap-x target-x');
    expect(await gone).toEqual([null, 'SIGTERM']);
    expect(result.status).toBe('success');
    const types = result.events.map(({ type }) => type);
    const taken = types.indexOf(isHeld ? 'lease.reclaimed' : 'lease.acquired');
    expect(taken).toBeGreaterThan(-1);
    expect(taken).toBeLessThan(types.indexOf('state.loaded'));
    expect(await history.openProcesses('dead-run')).toEqual([]);
  });

  it('whose ID another run reuses leaves the processes of that run alone', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const [history, state] = await Promise.all([rig.world.history(), rig.world.state()]);
    const [other, runner] = [spawn('sleep', ['600'], { detached: true }), spawn('true')];
    await Promise.all([once(other, 'spawn'), once(runner, 'exit')]);
    const pid = other.pid ?? 0;
    const pidStart = (await processStart(pid)) ?? '';
    const living = await currentOwner('run-id');
    const here = { host: living.host, bootId: living.bootId, pidNamespace: living.pidNamespace };
    const process = { ...here, runId: 'run-id', role: 'tap', plugin: 'tap-x', startedAt: new Date() };
    const block = { blockId: '1', pid, groupId: pid, pidStart, runner: living };
    await history.startProcess({ ...process, ...block });
    await takeLease(state.leases, id, { owner: { ...living, pid: runner.pid ?? 0, pidStart: '1' } });
    expect(await rig.run('tap-x target-x')).toMatchObject({ status: 'success' });
    expect(await processStart(pid)).toBe(pidStart);
    other.kill();
  });

  it('can be retried under the same run ID, as schedulers do, without ending its own processes', async () => {
    const child = '  - name: tap-y\n    inherit_from: tap-x';
    const rig = await open(simpleProject(child), slowFiles);
    const [history, state] = await Promise.all([rig.world.history(), rig.world.state()]);
    const runId = crypto.randomUUID();
    const runner = spawn('true');
    await once(runner, 'exit');
    const dead = { ...(await currentOwner(runId)), pid: runner.pid ?? 0, pidStart: '1' };
    await history.startRun({ ...dead, words: [], environment: 'dev', trigger: 'cli', startedAt: new Date() });
    await history.meltanoRuns.insert(id, runId, 'cli');
    await takeLease(state.leases, id, { owner: dead });
    const running = rig.start('tap-y target-x tap-x target-x', { runId, jobs: 2 });
    await running.event('lease.reclaimed');
    await running.event('checkpoint', ({ blockId }) => blockId === '2');
    await go(rig);
    expect(await running.result).toMatchObject({ status: 'success' });
    const rows = await history.meltanoRuns.list({ jobName: id });
    expect(rows.map((row) => row.state).sort()).toEqual(['FAIL', 'SUCCESS']);
  });

  it('leaves files that the next one removes', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const folder = join(rig.root, '.meltano/run/tapline/dead-run');
    await mkdir(folder, { recursive: true });
    const runner = spawn('true');
    await once(runner, 'exit');
    const dead = { ...(await currentOwner('dead-run')), pid: runner.pid ?? 0, pidStart: '1' };
    await writeFile(join(folder, 'owner.json'), JSON.stringify(dead));
    await writeFile(join(folder, 'tap.config.json'), '{"token": "secret"}');
    const alive = join(rig.root, '.meltano/run/tapline/living-run');
    await mkdir(alive, { recursive: true });
    await writeFile(join(alive, 'owner.json'), JSON.stringify(await currentOwner('living-run')));
    await rig.run('tap-x target-x');
    await expect(stat(folder)).rejects.toThrow('ENOENT');
    expect((await stat(alive)).isDirectory()).toBe(true);
  });
});

describe('a save that fails', () => {
  it('for good fails the run, writes the state to a file, and says how to restore it', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const world = worldWith(rig.world, () => ({
      save: () => Promise.reject(new TaplineError('DATABASE_READONLY', 'The database is read-only.')),
    }));
    const { status, error } = await rig.run('tap-x target-x', {}, world);
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code: 'STATE_NOT_SAVED' });
    const file = /--input-file (\S+?)`/.exec(error?.hint ?? '')?.[1] ?? '';
    expect(error?.hint).toContain(`tapline state set ${id} --input-file`);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ singer_state: { bookmarks: { users: { id: 1 } } } });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('because another run has had the lease writes no file: that run’s state is newer', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const world = worldWith(rig.world, (lease) => ({
      save: async (write) => {
        const owner = await currentOwner('another');
        const { lease: other } = await takeLease((await rig.world.state()).leases, id, { owner, force: true });
        await other.release();
        return lease.save(write);
      },
    }));
    expect(await rig.run('tap-x target-x', {}, world)).toMatchObject({
      status: 'failed',
      error: { code: 'LEASE_LOST' },
    });
    await expect(stat(join(rig.root, '.meltano/run/tapline/rescue'))).rejects.toThrow('ENOENT');
  });

  it('keeps its file although the run is named like the folder of such files', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const world = worldWith(rig.world, () => ({
      save: () => Promise.reject(new TaplineError('DATABASE_READONLY', 'The database is read-only.')),
    }));
    const { error } = await rig.run('tap-x target-x', { runId: 'rescue' }, world);
    const file = String(error?.data?.file);
    expect(JSON.parse(await readFile(file, 'utf8'))).toHaveProperty('singer_state');
  });

  it('does not follow a link at the path of its file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rescue-'));
    const precious = join(folder, 'precious');
    await writeFile(precious, 'mine');
    const unsaved = {
      stateId: id,
      runId: 'r',
      checkpoint: { state: { a: 1 }, recordsLoaded: 1 },
      mode: 'completed' as const,
      folders: ['/dev/null', folder],
    };
    const place = join(folder, 'tapline-state-dev-tap-x-to-target-x.r.json');
    await symlink(precious, place);
    await symlink(precious, `${place}.${process.pid}`);
    const { data } = await stateNotSaved(unsaved, new Error('no'));
    expect(await readFile(precious, 'utf8')).toBe('mine');
    expect(JSON.parse(await readFile(String(data?.file), 'utf8'))).toEqual({ singer_state: { a: 1 } });
    await rm(folder, { recursive: true });
  });

  it('because of a bug of ours is final: it would recur each time', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const world = worldWith(rig.world, () => ({ save: () => Promise.reject(new RangeError('too deep')) }));
    expect(await rig.run('tap-x target-x', {}, world)).toMatchObject({ error: { code: 'STATE_NOT_SAVED' } });
  });

  it('temporarily is tried again, with the newest state', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    let tries = 0;
    const world = worldWith(rig.world, (lease) => ({
      save: (write) => {
        tries += 1;
        return tries < 3 ? Promise.reject(new TaplineError('DATABASE_LOCKED', 'busy')) : lease.save(write);
      },
    }));
    const result = await rig.run('tap-x target-x', {}, world);
    expect(result.status).toBe('success');
    expect(tries).toBe(3);
    expect(result.events).toContainEqual(expect.objectContaining({ type: 'warning', code: 'STATE_NOT_SAVED' }));
    expect(await (await rig.world.state()).read(id)).toMatchObject({ version: 1 });
  });

  it('is final once the lease has expired', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const world = worldWith(rig.world, () => ({
      validUntil: () => performance.now() + 1_000,
      save: () => Promise.reject(new TaplineError('DATABASE_LOCKED', 'busy')),
    }));
    expect(await rig.run('tap-x target-x', {}, world)).toMatchObject({
      status: 'failed',
      error: { code: 'STATE_NOT_SAVED' },
    });
  });
});

describe('a lease that can’t be released', () => {
  it('is released a little later', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    let failures = 2;
    const world = worldWith(rig.world, (lease) => ({
      release: async () => {
        failures -= 1;
        if (failures >= 0) throw new TaplineError('DATABASE_LOCKED', 'The database is locked.');
        await lease.release();
        released();
      },
    }));
    let released = () => {};
    const given = new Promise<void>((resolve) => (released = resolve));
    expect(await rig.run('tap-x target-x', {}, world)).toMatchObject({ status: 'success' });
    await given;
    expect(await rig.run('tap-x target-x')).toMatchObject({ status: 'success' });
  });
});

describe('a history that can’t be written', () => {
  it('gives one warning, while data and state are safe', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const history = await rig.world.history();
    const broken = { ...methodsOf(history), startBlock: () => Promise.reject(new Error('no room')) };
    const { status, events } = await rig.run('tap-x target-x', {}, { ...rig.world, history: async () => broken });
    expect(status).toBe('success');
    expect(events.filter((event) => event.type === 'warning' && event.code === 'HISTORY_NOT_WRITTEN')).toHaveLength(1);
  });
});

describe('concurrency', () => {
  it('limits a plugin and its children over all runs, and names the holder of the slot', async () => {
    const child = '  - name: tap-y\n    inherit_from: tap-x';
    const rig = await open(simpleProject(`    concurrency: 1\n${child}`), slowFiles);
    const first = rig.start('tap-x target-x');
    await first.event('checkpoint');
    const second = rig.start('tap-y target-x');
    const waiting = await second.event('block.waiting');
    expect(waiting).toMatchObject({ for: 'concurrency', holder: expect.stringContaining(`pid ${process.pid}`) });
    expect(second.of('process.started')).toEqual([]);
    await go(rig);
    expect((await first.result).status).toBe('success');
    expect((await second.result).status).toBe('success');
  });

  it('lets chains without such a limit overlap, up to jobs', async () => {
    const child = '  - name: tap-y\n    inherit_from: tap-x';
    const rig = await open(simpleProject(child), slowFiles);
    const running = rig.start('tap-x target-x tap-y target-x', { jobs: 2 });
    const started = (blockId: string) => running.event('checkpoint', (event) => event.blockId === blockId);
    await Promise.all([started('1'), started('2')]);
    await go(rig);
    expect(await running.result).toMatchObject({ status: 'success' });
  });
});
