import { rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackfillProject, bothRecords, january, weeks } from '../e2e/backfill-project.js';
import { processesWith } from './scripted-project.js';

let project: BackfillProject;
beforeEach(async () => {
  project = await BackfillProject.with();
});
afterEach(() => project.remove());

const held = weeks[2] ?? '';
const words = ['backfill', 'tap-x', 'target-x', ...january, '--jobs', '2'];
const rowOf = (start: string) =>
  project.query(`SELECT status, attempt, value FROM tapline_windows WHERE window_from = '${start}'`)[0];
const checkpointOf = (start: string) =>
  project.query(`SELECT completed_state AS text FROM state WHERE state_id LIKE '%+${start.slice(0, 10)}+%'`)[0]?.text;

/** Two windows are done, the third is between its two records, its first checkpoint saved. */
async function startAndHold() {
  await writeFile(project.path(`hold-${held}`), '');
  const started = project.start(words, { MARKER: project.folder });
  await project.appears(`held-${held}`);
  const isThere = () => rowOf(weeks[0] ?? '')?.status === 'success' && rowOf(weeks[1] ?? '')?.status === 'success';
  await expect.poll(() => isThere() && String(checkpointOf(held)).includes('half'), { timeout: 20_000 }).toBe(true);
  return started;
}

async function goesOn(before: readonly string[]): Promise<void> {
  await rm(project.path(`hold-${held}`), { force: true });
  await project.forgetCalls();
  const again = await project.tapline(words);
  expect(again.code, again.stderr).toBe(0);
  const calls = await project.calls();
  // Nothing that was done is done again, and the window that was cut off goes on from its checkpoint.
  expect(calls.map(({ start }) => start).filter((start) => before.includes(start))).toEqual([]);
  expect(calls.filter(({ start }) => start === held)).toMatchObject([{ state: expect.stringContaining('half') }]);
  const ids = await project.ids();
  expect([...new Set(ids)]).toEqual(bothRecords(weeks));
  // One that was cut off between a record and its state may have that record twice.
  expect(ids.filter((id) => before.some((start) => id.startsWith(start)))).toEqual(bothRecords(before));
  expect(await project.windows()).toMatchObject(weeks.map(() => ({ status: 'success' })));
}

const done = () =>
  project
    .query("SELECT window_from FROM tapline_windows WHERE status = 'success'")
    .map(({ window_from }) => String(window_from));

describe('a backfill that is cut off in the middle', () => {
  it('by kill -9 of the runner: the next call loses nothing, and does nothing twice that was done', async () => {
    const started = await startAndHold();
    started.kill('SIGKILL');
    expect(await started.ended).toMatchObject({ signal: 'SIGKILL' });
    await expect.poll(() => processesWith(`MARKER=${project.folder}`), { timeout: 20_000 }).toEqual([]);
    expect(rowOf(held)).toMatchObject({ status: 'running', attempt: 1 });
    const shown = await project.windows();
    expect(shown[2]).toMatchObject({ status: 'dead' });
    await goesOn(done());
    expect(rowOf(held)).toMatchObject({ status: 'success', attempt: 2 });
  });

  it('by a signal: it stops, says so, and the next call goes on', async () => {
    const started = await startAndHold();
    started.kill('SIGTERM');
    expect(await started.ended, started.stderr).toMatchObject({ code: 143 });
    expect(rowOf(held)).toMatchObject({ status: 'stopped', value: expect.stringContaining('half') });
    await goesOn(done());
  });

  it('and called again with windows of another size: the one that was begun is finished as it was cut', async () => {
    const started = await startAndHold();
    started.kill('SIGKILL');
    await started.ended;
    await expect.poll(() => processesWith(`MARKER=${project.folder}`), { timeout: 20_000 }).toEqual([]);
    await rm(project.path(`hold-${held}`), { force: true });
    await project.forgetCalls();
    const daysOf = (ranges: readonly { from: string; to: string }[]) =>
      ranges.reduce((sum, { from, to }) => sum + (Date.parse(to) - Date.parse(from)) / 86_400_000, 0);
    const before = project.query(
      "SELECT window_from AS 'from', window_to AS 'to' FROM tapline_windows WHERE status = 'success'",
    ) as { from: string; to: string }[];
    const again = await project.backfill(january.with(-1, '1d'));
    expect(again.code, again.stderr).toBe(0);
    const calls = await project.calls();
    expect(calls.find(({ start }) => start === held)).toMatchObject({
      end: weeks[3],
      state: expect.stringContaining('half'),
    });
    const loaded = calls.map(({ start, end }) => ({ from: start, to: end }));
    expect(daysOf(before) + daysOf(loaded)).toBe(31);
  });
});
