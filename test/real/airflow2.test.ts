/** The same files in a real Airflow 2, where there is a Python for it. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, tapline } from '../e2e/program.js';
import { airflowPython, askAirflow, versions } from './airflow.js';
import { airflowProject } from './airflow-project.js';

/** Airflow 2 has no build for the newest Pythons, and uv may have no other. */
const python = await airflowPython(2).catch((error: Error) => {
  if (/No interpreter found/.test(error.message)) return undefined;
  throw error;
});

describe.skipIf(python === undefined)('Airflow 2', () => {
  it('reads all files, runs them, and dates runs by the start of their interval', async () => {
    const folder = await folderWith(airflowProject);
    await tapline(folder, ['export', 'airflow']);
    const answer = await askAirflow(python ?? '', join(folder, 'orchestrate', 'dags'), {
      awaited: [
        { dag: 'report', logicalDate: '2026-01-10T04:00:00+00:00', dataIntervalEnd: '2026-01-10T05:00:00+00:00' },
        { dag: 'report', logicalDate: '2026-07-10T00:00:00+00:00', dataIntervalEnd: '2026-07-10T01:00:00+00:00' },
      ],
      runs: [
        { dag: 'load', logicalDate: '2026-01-09T02:00:00+00:00' },
        { dag: 'report', logicalDate: '2026-01-10T04:00:00+00:00' },
      ],
    });
    expect(answer).toMatchObject({
      version: versions[2],
      errors: {},
      awaited: [{ wait_for_load: '2026-01-09T02:00:00+00:00' }, { wait_for_load: '2026-07-09T01:00:00+00:00' }],
      runs: [
        { state: 'success', tasks: { 'parallel_extract.tap-a_target-y': { state: 'success' } } },
        { state: 'success', tasks: { wait_for_load: { state: 'success' } } },
      ],
    });
    expect(answer.dags.load?.tasks['parallel_extract.tap-b_target-y']).toEqual(['transform.box_run']);
    await rm(folder, { recursive: true, force: true });
  });
});
