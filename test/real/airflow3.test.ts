/** Exported files in a real Airflow 3: read, and run with real processes. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderWith, tapline } from '../e2e/program.js';
import { type AirflowAnswer, airflowPython, askAirflow, versions } from './airflow.js';
import { airflowProject } from './airflow-project.js';

let folder: string;
let answer: AirflowAnswer;

beforeAll(async () => {
  const python = await airflowPython(3);
  folder = await folderWith(airflowProject);
  const exported = await tapline(folder, ['export', 'airflow']);
  expect(exported, exported.stderr).toMatchObject({ code: 0 });
  answer = await askAirflow(python, join(folder, 'orchestrate', 'dags'), {
    awaited: [
      { dag: 'report', logicalDate: '2026-01-10T05:00:00+00:00', dataIntervalEnd: '2026-01-10T05:00:00+00:00' },
      { dag: 'report', logicalDate: '2026-07-10T05:00:00+00:00', dataIntervalEnd: '2026-07-10T05:00:00+00:00' },
      { dag: 'report', logicalDate: '2026-07-10T00:59:59+00:00', dataIntervalEnd: '2026-07-10T00:59:59+00:00' },
    ],
    runs: [
      { dag: 'load', logicalDate: '2026-01-10T02:00:00+00:00' },
      { dag: 'report', logicalDate: '2026-01-10T05:00:00+00:00' },
      { dag: 'broken', logicalDate: '2026-01-10T00:00:00+00:00' },
      { dag: 'after-broken', logicalDate: '2026-01-10T00:00:00+00:00' },
      { dag: 'endless', logicalDate: '2026-01-10T00:00:00+00:00' },
    ],
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const stateOf = async (id: string) => JSON.parse((await tapline(folder, ['state', 'get', id])).stdout);

describe('Airflow 3', () => {
  it('reads all files, with extracts side by side before what transforms', () => {
    expect(answer.version).toBe(versions[3]);
    expect(answer.errors).toEqual({});
    expect(Object.keys(answer.dags).sort()).toEqual(
      ['after-broken', 'broken', 'endless', 'load', 'report', 'job-sync'].sort(),
    );
    expect(answer.dags.load).toEqual({
      schedule: '0 3 * * *',
      timezone: 'Europe/Berlin',
      tasks: {
        'parallel_extract.tap-a_target-y': ['transform.box_run'],
        'parallel_extract.tap-b_target-y': ['transform.box_run'],
        'transform.box_run': ['transform.box_test'],
        'transform.box_test': [],
      },
    });
  });

  it('tries a task again, which goes on from the last checkpoint', async () => {
    const [load] = answer.runs;
    expect(load).toMatchObject({
      state: 'success',
      tasks: {
        'parallel_extract.tap-a_target-y': { state: 'success', tries: 2 },
        'parallel_extract.tap-b_target-y': { state: 'success', tries: 1 },
        'transform.box_test': { state: 'success', tries: 1 },
      },
    });
    expect((await readFile(join(folder, 'tap-a.txt'), 'utf8')).split('\n')).toEqual(['from nothing', 'from 1', '']);
    const rows = (await readFile(join(folder, 'out.jsonl'), 'utf8')).match(/"id": \d/g);
    // Of tap-a, tap-b and tap-endless; the second one of tap-a.
    expect(rows?.sort()).toEqual(['"id": 1', '"id": 1', '"id": 1', '"id": 2']);
    expect(await stateOf('dev:tap-a-to-target-y')).toMatchObject({ singer_state: { bookmarks: { users: { id: 2 } } } });
  });

  it('runs transforms and tests in order after all extracts, with variables and arguments as they are written', async () => {
    const order = (await readFile(join(folder, 'order.txt'), 'utf8')).split('\n');
    expect(order.slice(0, 3).sort()).toEqual(['tap-a', 'tap-a', 'tap-b']);
    expect(order.slice(3, 5)).toEqual(["run|{{ ds }} it's|run.sh|from-dotenv", 'test|--fail-fast']);
  });

  it('waits in a sensor for the last run that was due, and passes once that is there', () => {
    expect(answer.awaited).toEqual([
      { wait_for_load: '2026-01-10T02:00:00+00:00' },
      { wait_for_load: '2026-07-10T01:00:00+00:00' },
      { wait_for_load: '2026-07-09T01:00:00+00:00' },
    ]);
    expect(answer.runs[1]).toMatchObject({ state: 'success', tasks: { wait_for_load: { state: 'success' } } });
  });

  it('starts nothing after a pipeline that failed', () => {
    expect(answer.runs[2]).toMatchObject({ state: 'failed' });
    expect(answer.runs[3]).toEqual({
      state: 'failed',
      tasks: {
        wait_for_broken: { state: 'failed', tries: 1 },
        'transform.box_run': { state: 'upstream_failed', tries: expect.any(Number) },
        'transform.box_test': { state: 'upstream_failed', tries: expect.any(Number) },
      },
    });
  });

  it('stops a task whose time is over, and what was loaded until then is saved', async () => {
    expect(answer.runs[4]).toMatchObject({
      state: 'failed',
      tasks: { 'wait.tap-endless_target-y': { state: 'failed' } },
    });
    expect(await readFile(join(folder, 'endless.txt'), 'utf8')).toBe('stopped\n');
    expect(await stateOf('dev:tap-endless-to-target-y')).toMatchObject({
      singer_state: { bookmarks: { users: { id: 1 } } },
    });
  });
});
