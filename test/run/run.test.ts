import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { directoryError } from '../../src/run/files/run-directory.js';
import { catalogText, data, projectRig, type Rig, simpleFiles, simpleProject } from './project-rig.js';

const rigs: Rig[] = [];
const open = async (...args: Parameters<typeof projectRig>) => {
  const rig = await projectRig(...args);
  rigs.push(rig);
  return rig;
};
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

const text = (rig: Rig, name: string) => readFile(join(rig.root, name), 'utf8');
const json = async (rig: Rig, name: string) => JSON.parse(await text(rig, name)) as Record<string, unknown>;
const id = 'dev:tap-x-to-target-x';

describe('one chain', () => {
  it('loads the data, saves the state, and continues from it', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const first = await rig.run('tap-x target-x');
    expect(first).toMatchObject({ status: 'success', exitCode: 0 });
    expect(first.blocks).toMatchObject([
      { status: 'success', stateId: id, counts: { recordsExtracted: 1, recordsLoaded: 1 } },
    ]);
    const state = await (await rig.world.state()).read(id);
    expect(state).toMatchObject({ completed: { singer_state: { bookmarks: { users: { id: 1 } } } }, version: 1 });
    await rig.run('tap-x target-x');
    expect(await json(rig, 'seen/tap.state')).toEqual({ bookmarks: { users: { id: 1 } } });
    expect((await text(rig, 'out.jsonl')).trim().split('\n')).toHaveLength(4);
  });

  it('is recorded with its blocks, processes and streams', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const first = await rig.run('tap-x target-x');
    await writeFile(join(rig.root, 'data.jsonl'), data(2).replace('"id":{}', '"id":{},"email":{}'));
    const second = await rig.run('tap-x target-x');
    const history = await rig.world.history();
    const [one, two] = await Promise.all([history.showRun(first.runId), history.showRun(second.runId)]);
    expect(one).toMatchObject({ status: 'success', words: ['tap-x', 'target-x'], recordsLoaded: 1 });
    expect(one.blockRows).toMatchObject([
      { blockId: '1', status: 'success', stateVersionBefore: 0, stateVersionAfter: 1 },
    ]);
    expect(two.blockRows).toMatchObject([{ stateVersionBefore: 1, stateVersionAfter: 2 }]);
    expect(one.processes.map(({ role, exitCode }) => [role, exitCode]).sort()).toEqual([
      ['discovery', 0],
      ['tap', 0],
      ['target', 0],
    ]);
    expect(one.streams).toMatchObject([{ stream: 'users', recordsExtracted: 1, recordsLoaded: 1 }]);
    expect(one.streams[0]?.schemaHash).toMatch(/^[0-9a-f]{64}$/);
    expect(two.streams[0]?.schemaHash).not.toBe(one.streams[0]?.schemaHash);
  });

  it('reports its whole duration, discovery included', async () => {
    const rig = await open(simpleProject(), { ...simpleFiles, 'discover.sh': 'sleep 0.3; cat catalog.json' });
    const { blocks, events } = await rig.run('tap-x target-x');
    const ready = events.find((event) => event.type === 'catalog.ready');
    expect(blocks[0]?.durationSeconds).toBeGreaterThan(ready?.durationSeconds ?? Number.POSITIVE_INFINITY);
  });

  it('passes the log level on to plugins', async () => {
    const tap = simpleFiles['tap.sh'].replace(
      'echo sync',
      'cat "$SINGER_SDK_LOG_CONFIG" "$LOGGING_CONF_FILE" > seen/levels\necho sync',
    );
    const rig = await open(simpleProject(), { ...simpleFiles, 'tap.sh': tap }, { MELTANO_CLI_LOG_LEVEL: 'debug' });
    await rig.run('tap-x target-x');
    expect(await text(rig, 'seen/levels')).toMatch(/"level": "DEBUG"[\s\S]*level=DEBUG/);
  });

  it('that can’t start is recorded as failed', async () => {
    const rig = await open(simpleProject(), { ...simpleFiles, '.meltano/run/tapline': 'a file' });
    const { runId, error } = await rig.run('tap-x target-x');
    expect(error?.code).toBe('RUN_DIRECTORY');
    const history = await rig.world.history();
    expect(await history.showRun(runId)).toMatchObject({ status: 'failed', error: { code: 'RUN_DIRECTORY' } });
  });

  it('emits its events in order, without gaps', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const { events } = await rig.run('tap-x target-x');
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    const types = events.map(({ type }) => type);
    const wanted = [
      'run.started',
      'block.planned',
      'lease.acquired',
      'block.started',
      'state.loaded',
      'catalog.ready',
      'checkpoint',
      'lease.released',
      'block.finished',
      'run.finished',
    ];
    expect(types.filter((type) => wanted.includes(type))).toEqual(wanted);
    expect(JSON.parse(JSON.stringify(events))).toEqual(events);
  });

  it('keeps its files private and removes them', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    await rig.run('tap-x target-x');
    expect(await json(rig, 'seen/tap.config.json')).toEqual({ token: 's3cr3t-token', rows: 2 });
    expect(await text(rig, 'seen/tap.mode')).toBe('600\n700\n');
    expect(await text(rig, 'seen/tap.logging')).toMatch(/tapline\/.*\/tap\.singer_sdk_logging\.json/);
    expect(await readdir(join(rig.root, '.meltano/run/tapline'))).toEqual([]);
  });

  it('masks secrets in everything that it emits and records', async () => {
    const tap = '#!/bin/sh\necho "token is s3cr3t-token" >&2\nexit 3\n';
    const rig = await open(simpleProject(), { ...simpleFiles, 'tap.sh': tap });
    const result = await rig.run('tap-x target-x', { defaults: {} });
    expect(result.status).toBe('failed');
    const { events, ...rest } = result;
    expect(JSON.stringify(events)).not.toContain('s3cr3t');
    expect(JSON.stringify(rest)).not.toContain('s3cr3t');
    const history = await rig.world.history();
    expect(JSON.stringify(await history.showRun(result.runId))).not.toContain('s3cr3t');
    expect(JSON.stringify(await history.meltanoRuns.list({}))).not.toContain('s3cr3t');
  });

  it('continues when a subscriber throws, and reports it once', async () => {
    const { run } = await import('../../src/run/run.js');
    const { planRun } = await import('../../src/plan/plan.js');
    const rig = await open(simpleProject(), simpleFiles);
    const { project, plugins, settings } = rig.world;
    const plan = planRun(['tap-x', 'target-x'], {
      project,
      plugins,
      options: {},
      expandSuffix: settings.stateIdSuffix,
    });
    const told: string[] = [];
    const bad = () => {
      throw new Error('full');
    };
    const result = await run(plan, { runId: 'r' }, rig.world, [
      bad,
      (event) => event.type === 'log' && told.push(event.message),
    ]);
    expect(result.status).toBe('success');
    expect(told.filter((message) => message.includes('subscriber'))).toEqual([
      "a subscriber of the run's events failed: full",
    ]);
  });
});

describe('state', () => {
  it('is not read and merged when saved, with a full refresh', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    await rig.run('tap-x target-x');
    await writeFile(join(rig.root, 'data.jsonl'), data(2).replace('"users":{"id":2}', '"orders":{"id":2}'));
    await writeFile(join(rig.root, 'seen/tap.state'), 'none');
    await rig.run('tap-x target-x', { defaults: { fullRefresh: true } });
    expect(await text(rig, 'seen/tap.state')).toBe('none');
    expect(await (await rig.world.state()).read(id)).toMatchObject({
      completed: { singer_state: { bookmarks: { users: { id: 1 } } } },
      partial: { singer_state: { bookmarks: { orders: { id: 2 } } } },
    });
    await rig.run('tap-x target-x', { defaults: { fullRefresh: true, stateStrategy: 'overwrite' } });
    expect(await (await rig.world.state()).read(id)).toMatchObject({
      completed: { singer_state: { bookmarks: { orders: { id: 2 } } } },
      partial: {},
    });
  });

  it('is left alone with noStateUpdate: no lease, no row', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const { events, status } = await rig.run('tap-x target-x', { defaults: { noStateUpdate: true } });
    expect(status).toBe('success');
    expect(events.some(({ type }) => type === 'lease.acquired' || type === 'checkpoint')).toBe(false);
    expect(await (await rig.world.state()).read(id)).toBeUndefined();
    expect(await (await rig.world.history()).meltanoRuns.list({})).toEqual([]);
  });

  it('goes inline with state_arg, with short options with arg_style', async () => {
    const rig = await open(simpleProject('    state_arg: inline\n    arg_style: short'), simpleFiles);
    await rig.run('tap-x target-x');
    expect(await text(rig, 'seen/tap.state')).toBe('{}\n');
    await rig.run('tap-x target-x');
    expect(await json(rig, 'seen/tap.state')).toEqual({ bookmarks: { users: { id: 1 } } });
    const calls = (await text(rig, 'seen/tap.args')).trim().split('\n');
    expect(calls[0]).toMatch(/^-c \S+ -d$/);
    expect(calls[1]).toMatch(/^-c \S+ --catalog \S+ -s \{\}$/);
  });

  it('comes from the file that the extra names', async () => {
    const rig = await open(simpleProject('    state: my-state.json'), {
      ...simpleFiles,
      'my-state.json': '{"mine": 1}',
    });
    await rig.run('tap-x target-x');
    expect(await json(rig, 'seen/tap.state')).toEqual({ mine: 1 });
    const missing = await open(simpleProject('    state: nowhere.json'), simpleFiles);
    const { error } = await missing.run('tap-x target-x');
    expect(error).toMatchObject({ code: 'STATE_UNREADABLE', message: expect.stringContaining('nowhere.json') });
  });
});

describe('the original’s row', () => {
  it('is RUNNING with a heartbeat while the chain runs, then SUCCESS with the state', async () => {
    const rig = await open(simpleProject(), {
      ...simpleFiles,
      'target.sh': '#!/bin/sh\ncat >/dev/null\necho \'{"a":1}\'\n',
    });
    const { runId } = await rig.run('tap-x target-x');
    const [row] = await (await rig.world.history()).meltanoRuns.list({});
    expect(row).toMatchObject({
      jobName: id,
      runId,
      state: 'SUCCESS',
      payload: { singer_state: { a: 1 } },
      trigger: 'cli',
    });
  });

  it('is FAIL with the error after a failure', async () => {
    const rig = await open(simpleProject(), { ...simpleFiles, 'target.sh': '#!/bin/sh\ncat >/dev/null\nexit 4\n' });
    const { blocks, error } = await rig.run('tap-x target-x');
    expect(blocks[0]?.exitCodes).toEqual({ loaders: 4 });
    expect(error).toMatchObject({ code: 'PROCESS_FAILED', message: expect.stringContaining('Loader failed') });
    const [row] = await (await rig.world.history()).meltanoRuns.list({});
    expect(row).toMatchObject({ state: 'FAIL', payload: { error: expect.stringContaining('Loader failed') } });
  });
});

describe('the catalog', () => {
  const cachingProject = (more = '') => simpleProject(`    catalog_cache_ttl: 3600\n${more}`);
  const discoveries = async (rig: Rig) => (await text(rig, 'seen/calls')).split('discover').length - 1;

  it('is discovered, filtered by rules and passed to the tap', async () => {
    const rig = await open(simpleProject('    select: [users.id, orderz.*]'), simpleFiles);
    const { events } = await rig.run('tap-x target-x');
    const { streams } = (await json(rig, 'seen/tap.catalog.json')) as {
      streams: { stream: string; selected: boolean }[];
    };
    expect(streams.map(({ stream, selected }) => [stream, selected])).toEqual([
      ['users', true],
      ['orders', false],
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'catalog.ready', source: 'discovery', streams: 2, selected: 1 }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({ code: 'CATALOG_RULE_UNMATCHED', hint: 'Did you mean `orders.*`?' }),
    );
  });

  it('is cached for catalog_cache_ttl, unless a refresh is requested', async () => {
    const rig = await open(cachingProject(), simpleFiles);
    const sources = async (defaults: object) =>
      (await rig.run('tap-x target-x', { defaults })).events.flatMap((event) =>
        event.type === 'catalog.ready' ? event.source : [],
      );
    expect(await sources({})).toEqual(['discovery']);
    expect(await sources({})).toEqual(['cache']);
    expect(await sources({ refreshCatalog: true })).toEqual(['discovery']);
    expect(await sources({ fullRefresh: true })).toEqual(['discovery']);
    expect(await discoveries(rig)).toBe(3);
    await writeFile(join(rig.root, '.meltano/run/tap-x/tap.properties.json'), '{"half');
    expect(await sources({})).toEqual(['discovery']);
  });

  it('is discovered each time without pip_url and ttl, and when a setting changes', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    await rig.run('tap-x target-x');
    await rig.run('tap-x target-x');
    expect(await discoveries(rig)).toBe(2);
    const caching = await open(cachingProject(), simpleFiles);
    await caching.run('tap-x target-x');
    const other = await open('', {}, { TAP_X_ROWS: '3' }, caching.root);
    await other.run('tap-x target-x');
    expect(await discoveries(caching)).toBe(2);
  });

  it('is the user’s own if the extra names one: only filters apply', async () => {
    const rig = await open(simpleProject('    catalog: own.json\n    select: [orders.*]\n    select_filter: [users]'), {
      ...simpleFiles,
      'own.json': catalogText,
    });
    await rig.run('tap-x target-x');
    expect(await text(rig, 'seen/calls')).toBe('sync\n');
    const { streams } = (await json(rig, 'seen/tap.catalog.json')) as { streams: { selected?: boolean }[] };
    expect(streams.map(({ selected }) => selected)).toEqual([undefined, false]);
  });

  it('is passed with --properties to a tap with that capability, and not to others', async () => {
    const project = simpleProject().replace('[catalog, discover, state]', '[properties, discover]');
    const rig = await open(project, simpleFiles);
    await rig.run('tap-x target-x');
    expect((await text(rig, 'seen/tap.args')).trim().split('\n').at(-1)).toMatch(/ --properties \S+$/);
    const plain = await open(
      simpleProject().replace('    capabilities: [catalog, discover, state]\n', ''),
      simpleFiles,
    );
    expect(await plain.run('tap-x target-x')).toMatchObject({ status: 'success' });
    expect((await text(plain, 'seen/tap.args')).trim()).toMatch(/^--config \S+$/);
  });

  it('is required by a tap that takes one: without the capability `discover` no selection would have an effect', async () => {
    const rig = await open(simpleProject().replace('[catalog, discover, state]', '[catalog, state]'), simpleFiles);
    const { status, error } = await rig.run('tap-x target-x');
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code: 'CATALOG_MISSING' });
    await expect(stat(join(rig.root, 'seen/tap.args'))).rejects.toThrow('ENOENT');
  });

  it('is not discovered if the tap requires another version of Meltano', async () => {
    const rig = await open(simpleProject('    requires_meltano: ">=99"'), simpleFiles);
    const { status, error } = await rig.run('tap-x target-x');
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code: 'PROJECT_REQUIRES' });
    expect(error?.message).toContain("The extractor 'tap-x' requires Meltano >=99");
    await expect(stat(join(rig.root, 'seen/tap.args'))).rejects.toThrow('ENOENT');
  });

  it.each([
    ['fails', 'echo "bad password" >&2; exit 7', 'DISCOVERY_FAILED', /exited with code 7[\s\S]*bad password/],
    ['prints no JSON', 'echo hello', 'CATALOG_INVALID', /output of tap-x --discover/],
    ['hangs', 'exec sleep 600', 'DISCOVERY_TIMEOUT', /timed out after 1 s/],
  ])('says so where the discovery %s', async (_, script, code, message) => {
    const rig = await open(simpleProject('    discovery_timeout: 1'), { ...simpleFiles, 'discover.sh': script });
    const { status, error } = await rig.run('tap-x target-x');
    expect({ status, code: error?.code }).toEqual({ status: 'failed', code });
    expect(error?.message).toMatch(message);
    await expect(stat(join(rig.root, 'out.jsonl'))).rejects.toThrow('ENOENT');
  });
});

describe('commands', () => {
  const utility = `
  utilities:
  - name: util-x
    namespace: util_x
    executable: ./util.sh
    commands:
      hello: hello $UTIL_X_WHO "two words"
      fail: {args: fail}
      unset: a $NOBODY_SETS_THIS
    settings: [{name: who}]
    config: {who: you}`;
  const files = { ...simpleFiles, 'util.sh': '#!/bin/sh\n[ "$1" = fail ] && exit 5\nprintf "<%s>" "$@"\necho\n' };

  it('run with their arguments; the whole output is logged', async () => {
    const rig = await open(simpleProject('', utility), files);
    const { status, events } = await rig.run('tap-x target-x util-x:hello');
    expect(status).toBe('success');
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'plugin.log',
        plugin: 'util-x',
        stdio: 'stdout',
        message: '<hello><you><two words>',
      }),
    );
  });

  it('fail the run with their exit code, and later blocks are not started', async () => {
    const rig = await open(simpleProject('', utility), files);
    const { exitCode, blocks } = await rig.run('util-x:fail tap-x target-x');
    expect(exitCode).toBe(1);
    expect(blocks).toMatchObject([{ status: 'failed', exitCodes: { utilities: 5 } }, { status: 'not_started' }]);
    const unset = await rig.run('util-x:unset');
    expect(unset.error).toMatchObject({ code: 'VARIABLE_UNSET' });
  });
});

describe('installs', () => {
  const project = simpleProject().replace('executable: ./tap.sh', 'pip_url: ./nowhere');
  const offline = { UV_OFFLINE: '1', PIP_NO_INDEX: '1' };

  it('that fail end the run before anything starts', async () => {
    const rig = await open(project, simpleFiles, offline);
    const { exitCode, error, events } = await rig.run('tap-x target-x');
    expect({ exitCode, code: error?.code }).toEqual({ exitCode: 1, code: 'INSTALL_FAILED' });
    expect(events.some(({ type }) => type === 'block.started')).toBe(false);
    expect(events.at(-1)).toMatchObject({ type: 'run.finished', status: 'failed', blocks: [] });
  });

  it('are skipped if the run or the project says so', async () => {
    const rig = await open(project, simpleFiles, offline);
    expect((await rig.run('tap-x target-x', { install: 'skip' })).error?.code).toBe('EXECUTABLE_MISSING');
    const never = await open(`auto_install: false\n${project}`, simpleFiles, offline);
    expect((await never.run('tap-x target-x')).error?.code).toBe('EXECUTABLE_MISSING');
  });

  it('are all that `install: only` does', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    expect(await rig.run('tap-x target-x', { install: 'only' })).toMatchObject({ status: 'success', blocks: [] });
    await expect(stat(join(rig.root, 'seen'))).rejects.toThrow('ENOENT');
  });
});

describe('a run directory that can’t be made', () => {
  it('is an error with a code and a hint', async () => {
    const rig = await open(simpleProject(), { ...simpleFiles, '.meltano/run/tapline': 'a file' });
    expect(await rig.run('tap-x target-x')).toMatchObject({
      status: 'failed',
      error: { code: 'RUN_DIRECTORY', hint: expect.stringContaining('MELTANO_SYS_DIR_ROOT') },
    });
  });

  it('for a full disk says so', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    expect(directoryError(full, '/x')).toMatchObject({ code: 'DISK_FULL' });
  });
});

describe('a dry run', () => {
  it('starts nothing, opens no database, and finds what is missing', async () => {
    const rig = await open(simpleProject(), simpleFiles);
    const { status, events } = await rig.run('tap-x target-x', { dryRun: true });
    expect(status).toBe('success');
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'log', message: 'Dry run, but would have run block 1/1.' }),
    );
    await expect(stat(join(rig.root, 'seen'))).rejects.toThrow('ENOENT');
    await expect(stat(join(rig.root, '.meltano/meltano.db'))).rejects.toThrow('ENOENT');
    const { 'target.sh': _, ...without } = simpleFiles;
    const broken = await open(simpleProject(), without);
    expect(await broken.run('tap-x target-x', { dryRun: true })).toMatchObject({
      status: 'failed',
      error: { code: 'EXECUTABLE_MISSING' },
    });
  });
});
