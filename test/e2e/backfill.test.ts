import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { misfits } from '../schemas.js';
import {
  BackfillProject,
  bothRecords,
  type Call,
  defaultSettings,
  january,
  stateId,
  weeks,
} from './backfill-project.js';
import { tapline } from './program.js';

let project: BackfillProject;
const make = async (settings?: string) => {
  project = await BackfillProject.with(settings);
  return project;
};
afterEach(() => project?.remove());

const starts = (calls: readonly Call[]) => calls.map(({ start }) => start).sort();
const statuses = async () => (await project.windows()).map(({ status }) => status);

describe('a backfill', () => {
  it('runs each window once with its own settings, state and row, and leaves the state of the chain alone', async () => {
    await make();
    await project.tapline([
      'state',
      'set',
      '--force',
      stateId,
      '{"singer_state":{"bookmarks":{"u":{"at":"forward"}}}}',
    ]);
    const { code, stderr } = await project.backfill([...january, '--jobs', '3']);
    expect(code, stderr).toBe(0);
    const calls = await project.calls();
    expect(starts(calls)).toEqual(weeks);
    expect(calls.map(({ end }) => end).sort()).toEqual([...weeks.slice(1), '2023-02-01T00:00:00Z']);
    expect(calls.every(({ state }) => state === 'none')).toBe(true);
    expect(await project.ids()).toEqual(bothRecords(weeks));
    expect(await project.state()).toEqual({ singer_state: { bookmarks: { u: { at: 'forward' } } } });
    expect(await project.discoveries()).toBe(1);
    expect(await project.stateIds()).toContain(`${stateId}:backfill+2023-01-29+2023-02-01`);
    const windows = await project.windows();
    expect(windows).toHaveLength(5);
    expect(windows[4]).toMatchObject({
      stream: '*',
      partition: '2023-01-29T00:00:00Z/2023-02-01T00:00:00Z',
      status: 'success',
      value: { bookmarks: { u: { at: '2023-02-01T00:00:00Z' } } },
      attempt: 1,
      records_loaded: 2,
    });
    expect(stderr).toContain('tap-x → target-x [2023-01-01, 2023-01-08)');
    const [block] = project.query("SELECT window_from, window_to FROM tapline_blocks WHERE block_id = '5'");
    expect(block).toEqual({ window_from: '2023-01-29T00:00:00Z', window_to: '2023-02-01T00:00:00Z' });
  });

  it('is listed and shown, as its schemas say', async () => {
    await make();
    await writeFile(project.path(`fail-${weeks[1]}`), '');
    expect((await project.backfill([...january, '--jobs', '2', '--no-fail-fast'])).code).toBe(1);
    const list = JSON.parse((await project.tapline(['backfill', 'list', '--format', 'json'])).stdout);
    expect(misfits('output-backfill-list', list)).toBeUndefined();
    expect(list.backfills).toMatchObject([
      {
        state_id: stateId,
        stream: '*',
        from: weeks[0],
        to: '2023-02-01T00:00:00Z',
        windows: 5,
        done: 4,
        failed: 1,
        left: 1,
        records_loaded: 9,
      },
    ]);
    const show = JSON.parse(
      (await project.tapline(['backfill', 'show', 'tap-x', 'target-x', '--format', 'json'])).stdout,
    );
    expect(misfits('output-backfill-show', show)).toBeUndefined();
    expect(show.windows[1]).toMatchObject({ status: 'failed', error: { code: 'PROCESS_FAILED' } });
    const text = (await project.tapline(['backfill', 'show', stateId, '--status', 'failed'])).stdout;
    expect(text).toContain('2023-01-08/2023-01-15');
    expect(text).toContain('no luck');
    expect(text).not.toContain('success');
    expect((await project.tapline(['backfill', 'list'])).stdout).toContain('4 of 5');
  });

  it('does in the next call what is not done, from the last checkpoint', async () => {
    await make();
    await writeFile(project.path(`fail-${weeks[2]}`), '');
    const first = await project.backfill([...january, '--jobs', '1']);
    expect(first.code).toBe(1);
    expect(await statuses()).toEqual(['success', 'success', 'failed', 'pending', 'pending']);
    expect(first.stderr).toContain('not started');
    await rm(project.path(`fail-${weeks[2]}`));
    await project.forgetCalls();
    expect((await project.backfill(january)).code).toBe(0);
    const calls = await project.calls();
    expect(starts(calls)).toEqual(weeks.slice(2));
    expect(calls.find(({ start }) => start === weeks[2])?.state).toContain('half');
    expect(await project.ids()).toEqual(bothRecords(weeks));
    await project.forgetCalls();
    const third = await project.backfill(january);
    expect(third.code).toBe(0);
    expect(third.stderr).toContain('Nothing to do: 5 windows already done');
    expect(await project.calls()).toEqual([]);
  });

  it('tries a window again within the run, from its checkpoint', async () => {
    await make();
    await writeFile(project.path(`fail-${weeks[0]}`), '');
    const ended = await project.backfill([
      ...january.slice(0, 2),
      '--to',
      '2023-01-08',
      '--window',
      '7d',
      '--retries',
      '1',
      '--retry-delay',
      '0',
    ]);
    expect(ended.code).toBe(1);
    const calls = await project.calls();
    expect(calls.map(({ state }) => state.includes('half'))).toEqual([false, true]);
    expect((await project.windows())[0]).toMatchObject({ status: 'failed', attempt: 2 });
  });

  it('loads nothing twice that was loaded in windows of another size', async () => {
    await make();
    await project.backfill(january);
    await project.forgetCalls();
    const ended = await project.backfill(['--from', '2022-12-31', '--to', '2023-02-03', '--window', '1mo']);
    expect(ended.code, ended.stderr).toBe(0);
    expect((await project.calls()).map(({ start, end }) => [start, end]).sort()).toEqual([
      ['2022-12-31T00:00:00Z', '2023-01-01T00:00:00Z'],
      ['2023-02-01T00:00:00Z', '2023-02-03T00:00:00Z'],
    ]);
  });

  it('loads all anew with --restart, without the states of the first time', async () => {
    await make();
    await writeFile(project.path(`fail-${weeks[0]}`), '');
    await project.backfill([...january, '--no-fail-fast']);
    await rm(project.path(`fail-${weeks[0]}`));
    await project.forgetCalls();
    expect((await project.backfill([...january, '--restart'])).code).toBe(0);
    const calls = await project.calls();
    expect(starts(calls)).toEqual(weeks);
    expect(calls.every(({ state }) => state === 'none')).toBe(true);
    expect(
      (await project.windows()).every(({ attempt, records_loaded }) => attempt === 1 && records_loaded === 2),
    ).toBe(true);
  });

  it('takes partitions, alone and with a range', async () => {
    await make();
    expect((await project.backfill(['--partition', 'region=eu,us'])).code).toBe(0);
    expect((await project.calls()).map(({ region }) => region).sort()).toEqual(['eu', 'us']);
    await project.forgetCalls();
    const days = ['--from', '2023-01-01', '--to', '2023-01-03', '--window', '1d'];
    expect((await project.backfill(['--partition', 'region=us,apac', ...days])).code).toBe(0);
    expect((await project.calls()).map(({ region, start }) => `${region} ${start}`).sort()).toEqual([
      'apac 2023-01-01T00:00:00Z',
      'apac 2023-01-02T00:00:00Z',
      'us 2023-01-01T00:00:00Z',
      'us 2023-01-02T00:00:00Z',
    ]);
    expect((await project.backfill(['--partition', 'region=eu'])).stderr).toContain('Nothing to do');
    expect((await project.windows()).map(({ partition }) => partition)).toContain(
      'region=us|2023-01-01T00:00:00Z/2023-01-02T00:00:00Z',
    );
  });

  it('remembers streams that it was asked for by themselves', async () => {
    await make();
    const day = ['--from', '2023-01-01', '--to', '2023-01-02', '--window', '1d'];
    expect((await project.backfill([...day, '--select', 'u'])).code).toBe(0);
    expect((await project.backfill([...day, '--select', 'v'])).code).toBe(0);
    expect((await project.backfill([...day, '--select', 'u'])).stderr).toContain('Nothing to do');
    expect((await project.windows()).map(({ stream }) => stream)).toEqual(['u', 'v']);
  });

  it('gives days to a tap that takes them, in the zone and with the end as it counts it', async () => {
    await make(
      'backfill: {start_setting: start_date, end_setting: end_date, format: date, end_inclusive: true, window: 1mo, timezone: Europe/Berlin}',
    );
    const ended = await project.backfill(['--from', '2023-01-31', '--to', '2023-03-15']);
    expect(ended.code, ended.stderr).toBe(0);
    // The settings need not be defined.
    expect((await project.calls()).map(({ start, end }) => [start, end]).sort()).toEqual([
      ['2023-01-31', '2023-02-27'],
      ['2023-02-28', '2023-03-14'],
    ]);
    expect((await project.windows())[0]).toMatchObject({ from: '2023-01-30T23:00:00Z', to: '2023-02-27T23:00:00Z' });
    expect(
      (await project.backfill(['--from', '2023-01-31T06:00', '--to', '2023-03-15', '--restart'])).stderr,
    ).toContain('[WINDOW_INVALID]');
  });

  it('takes all from a point on as one window, for a tap without an end', async () => {
    await make('backfill: {start_setting: start_date}');
    const refused = await project.backfill(january);
    expect(refused.stderr).toContain('[BACKFILL_SETTINGS]');
    expect(refused.stderr).toContain('--open-end');
    const ended = await project.backfill(['--from', '2023-01-01', '--open-end']);
    expect(ended.code, ended.stderr).toBe(0);
    expect(starts(await project.calls())).toEqual(['2023-01-01T00:00:00Z']);
    expect(await project.windows()).toMatchObject([{ to: null, status: 'success' }]);
    expect((await project.backfill(['--from', '2023-01-01', '--open-end'])).stderr).toContain(
      'Nothing to do: 1 window',
    );
  });

  it('lists what it would do', async () => {
    await make();
    const { code, stdout } = await project.backfill([...january, '--dry-run']);
    expect(code).toBe(0);
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      `[2023-01-01, 2023-01-08)  ${stateId}:backfill+2023-01-01+2023-01-08`,
      `[2023-01-08, 2023-01-15)  ${stateId}:backfill+2023-01-08+2023-01-15`,
    ]);
    expect(await project.calls()).toEqual([]);
    const list = (await project.tapline(['backfill', 'list', '--format', 'json'])).stdout;
    expect(JSON.parse(list)).toEqual({ backfills: [] });
  });
});

describe('the run in docs/backfills.md', () => {
  it('loads each day once, and goes on after it', async () => {
    const root = join(import.meta.dirname, '../..');
    const place = await mkdtemp(join(tmpdir(), 'tapline-docs-'));
    const folder = join(place, 'fixtures/backfill');
    try {
      await cp(join(root, 'fixtures/backfill'), folder, {
        recursive: true,
        filter: (file) => !file.includes('.meltano'),
      });
      await symlink(join(root, 'node_modules'), join(place, 'node_modules'));
      const words = ['backfill', 'tap-weather', 'target-sqlite', '--from', '2012-01-01', '--to'];
      const days = () => {
        const database = new Sqlite(join(folder, '.meltano/warehouse.db'), { readonly: true });
        const counts = database
          .prepare('SELECT substr(date, 1, 4) AS year, COUNT(*) AS days FROM weather GROUP BY 1')
          .raw();
        const found = Object.fromEntries(counts.all() as [string, number][]);
        database.close();
        return found;
      };
      const first = await tapline(folder, [...words, '2013-01-01', '--jobs', '2']);
      expect(first.code, first.stderr).toBe(0);
      expect(days()).toEqual({ 2012: 2 * 366 });
      const second = await tapline(folder, [...words, '2015-01-01', '--window', '1y', '--advance-state']);
      expect(second.code, second.stderr).toBe(0);
      expect(second.stderr).toContain('2 windows to do, 1 already done');
      expect(days()).toEqual({ 2012: 2 * 366, 2013: 2 * 365, 2014: 2 * 365 });
      const { stderr } = await tapline(folder, ['run', 'tap-weather', 'target-sqlite']);
      expect(stderr).toContain('730 records');
      expect(days()[2015]).toBe(2 * 365);
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  });
});

describe('--advance-state', () => {
  it('takes over the state of the last window when all are done, as a version', async () => {
    await make();
    expect((await project.backfill([...january, '--advance-state'])).code).toBe(0);
    expect(await project.state()).toEqual({ singer_state: { bookmarks: { u: { at: '2023-02-01T00:00:00Z' } } } });
    await project.forgetCalls();
    expect((await project.run()).code).toBe(0);
    expect((await project.calls())[0]?.state).toContain('2023-02-01T00:00:00Z');
    expect((await project.tapline(['state', 'history', stateId])).stdout).toContain('by hand');
  });

  it('replaces no state that is there, unless it is forced', async () => {
    await make();
    await project.tapline([
      'state',
      'set',
      '--force',
      stateId,
      '{"singer_state":{"bookmarks":{"u":{"at":"forward"}}}}',
    ]);
    const refused = await project.backfill([...january, '--advance-state']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('[STATE_EXISTS]')]);
    expect(await project.calls()).toEqual([]);
    expect((await project.backfill([...january, '--advance-state', '--force'])).code).toBe(0);
    expect(await project.state()).toEqual({ singer_state: { bookmarks: { u: { at: '2023-02-01T00:00:00Z' } } } });
  });

  it('leaves the state where a window failed', async () => {
    await make();
    await writeFile(project.path(`fail-${weeks[1]}`), '');
    expect((await project.backfill([...january, '--advance-state'])).code).toBe(1);
    expect(await project.stateIds()).not.toContain(stateId);
  });
});

describe('bad input', () => {
  const cases: [string, string, string[]][] = [
    ['a window of zero length', 'WINDOW_INVALID', ['--from', '2023-01-01', '--to', '2023-02-01', '--window', '0d']],
    ['a window of negative length', 'WINDOW_INVALID', ['--from', '2023-01-01', '--to', '2023-02-01', '--window=-7d']],
    ['a range that runs backwards', 'WINDOW_INVALID', ['--from', '2023-02-01', '--to', '2023-01-01', '--window', '7d']],
    ['a date that is none', 'WINDOW_INVALID', ['--from', '2023-02-31', '--to', '2023-03-01', '--window', '7d']],
    ['an unknown zone', 'WINDOW_INVALID', [...january, '--timezone', 'Europe/Berlim']],
    ['too many windows', 'WINDOW_INVALID', ['--from', '1900-01-01', '--to', '2023-01-01', '--window', '1min']],
    ['a partition without values', 'WINDOW_INVALID', ['--partition', 'region=']],
    ['a partition that the tap does not know', 'BACKFILL_SETTINGS', ['--partition', 'regoin=eu']],
    ['no range', 'USAGE', []],
    ['no end', 'USAGE', ['--from', '2023-01-01', '--window', '7d']],
    ['no window', 'USAGE', ['--from', '2023-01-01', '--to', '2023-02-01']],
    ['an open end with an end', 'USAGE', ['--from', '2023-01-01', '--open-end', '--to', '2023-02-01']],
    ['partitions whose state would be that of all', 'USAGE', ['--partition', 'region=eu', '--advance-state']],
  ];

  it.each(cases)('%s is %s, and nothing is started', async (_, code, args) => {
    await make();
    const ended = await project.backfill(args);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain(`[${code}]`);
    expect(ended.stderr).not.toMatch(/^\s+at .*\.js/m);
    expect(existsSync(project.path('calls'))).toBe(false);
    expect(existsSync(project.path('discoveries'))).toBe(false);
  });

  it.each([
    ['a tap alone', 'BLOCK_ORDER', ['backfill', 'tap-x', ...january]],
    ['two chains', 'BLOCK_ORDER', ['backfill', 'tap-x', 'target-x', 'tap-x', 'target-x', ...january]],
    ['no environment', 'ENVIRONMENT_REQUIRED', ['--no-environment', 'backfill', 'tap-x', 'target-x', ...january]],
    ['a backfill that is not there', 'BACKFILL_UNKNOWN', ['backfill', 'show', 'tap-x', 'target-x']],
  ])('%s is %s', async (_, code, args) => {
    await make();
    const ended = await project.tapline(args);
    expect(ended.code).not.toBe(0);
    expect(ended.stderr).toContain(`[${code}]`);
  });

  it.each([
    ['start_settings: start_date', "no key 'start_settings'"],
    ['end_setting: end_date', 'takes the start of a window'],
  ])('backfill: {%s} is refused with its place', async (extra, why) => {
    await make(`${defaultSettings}\nbackfill: {${extra}}`);
    const ended = await project.backfill(january);
    expect(ended.stderr).toContain('[BACKFILL_SETTINGS]');
    expect(ended.stderr).toContain(why);
    expect(ended.stderr).toMatch(/at meltano\.yml:\d+:\d+/);
  });
});

describe('two at once', () => {
  it('share their windows, and none runs twice', async () => {
    await make();
    await writeFile(project.path(`hold-${weeks[0]}`), '');
    const first = project.start(['backfill', 'tap-x', 'target-x', ...january, '--jobs', '1']);
    await project.appears(`held-${weeks[0]}`);
    const second = project.start(['backfill', 'tap-x', 'target-x', ...january, '--jobs', '1']);
    await second.said(/Waiting for the run that holds its state ID/);
    await rm(project.path(`hold-${weeks[0]}`));
    expect(await first.ended, first.stderr).toMatchObject({ code: 0 });
    expect(await second.ended, second.stderr).toMatchObject({ code: 0 });
    expect(starts(await project.calls())).toEqual(weeks);
    expect(await statuses()).toEqual(weeks.map(() => 'success'));
  });

  it('are refused where they cut otherwise, and the chain itself runs beside them', async () => {
    await make();
    await writeFile(project.path(`hold-${weeks[0]}`), '');
    const first = project.start(['backfill', 'tap-x', 'target-x', ...january, '--jobs', '1']);
    await project.appears(`held-${weeks[0]}`);
    for (const args of [january.with(-1, '2d'), [...january, '--restart']]) {
      const ended = await project.backfill(args);
      expect(ended.stderr).toContain('[WINDOW_OVERLAP]');
    }
    expect((await project.run()).code).toBe(0);
    await rm(project.path(`hold-${weeks[0]}`));
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(starts(await project.calls()).filter((start) => start !== '')).toEqual(weeks);
  });
});
