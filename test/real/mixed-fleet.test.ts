/**
 * The original and Tapline start one state ID at once, again and again, with the two starts shifted against each other so that
 * each is the first at times, and so that the original's check and insert fall around ours.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { type Backend, backends, Fleet, stateWith, upTo } from './mixed-fleet.js';
import { hasPostgres } from './postgres.js';

const pairs = 20;
/** Between one pair's shift and the next, in milliseconds. */
const step = 40;
/** Seconds that each tap takes. */
const pause = '0.5';

const isPostgresThere = await hasPostgres();
const isThere = (backend: Backend) => backend !== 'PostgreSQL' || isPostgresThere;

let fleet: Fleet;
afterEach(() => fleet.close());

describe.each(backends)('on %s', (backend) => {
  test.skipIf(!isThere(backend))('the two never run one state ID at once, and no bookmark is lost', async () => {
    fleet = await Fleet.make(backend, pause);
    // How long each takes from its start to its row, as last seen: a busy machine changes it.
    const head = { original: await timeToRow('original'), ours: await timeToRow('ours') };
    let runs = 2;
    let refused = 0;
    for (let pair = 0; pair < pairs; pair += 1) {
      const lag = head.original - head.ours + (pair - (pairs - 1) / 2) * step;
      const start = { original: Date.now() + Math.max(0, -lag), ours: Date.now() + Math.max(0, lag) };
      const [original, ours] = await Promise.all([startAt(start.original, 'original'), startAt(start.ours, 'ours')]);
      const rows = await fleet.lastStarts();
      if (original.code === 0) head.original = rows.original - start.original;
      else expect(original.stderr).toContain('already running');
      if (ours.code === 0) head.ours = rows.ours - start.ours;
      else expect(ours.stderr).toContain('[LEASE_HELD]');
      const succeeded = [original, ours].filter(({ code }) => code === 0).length;
      expect(succeeded).toBeGreaterThan(0);
      runs += succeeded;
      refused += 2 - succeeded;
      expect(await fleet.rows()).toEqual(upTo(3 * runs));
    }
    expect(await fleet.overlaps()).toEqual([]);
    const state = stateWith(3 * runs);
    expect(await fleet.bookmarks()).toEqual({ original: state, ours: state });
    // Else the starts were not close to each other.
    expect(refused).toBeGreaterThan(0);
  });
});

describe.each(backends)(
  'on %s an original that looked before our row was there, and inserts its own when we run',
  (backend) => {
    test.skipIf(!isThere(backend))('goes on; we stop, and no bookmark is lost', async () => {
      fleet = await Fleet.make(backend, '4');
      const original = await fleet.originalAtGate();
      const ours = fleet.ours();
      await expect.poll(() => fleet.rows(), { timeout: 60_000 }).toEqual(upTo(3));
      await original.insert();
      expect(await ours).toMatchObject({ code: 1, stderr: expect.stringContaining('[LEASE_HELD]') });
      expect(await original.ended).toMatchObject({ code: 0 });
      const state = stateWith(3);
      expect(await fleet.bookmarks()).toEqual({ original: state, ours: state });
      // What our target had written by then is written once more: never less than once.
      expect(await fleet.rows()).toEqual([...upTo(3), ...upTo(3)]);
    });
  },
);

type Runner = 'original' | 'ours';

async function timeToRow(runner: Runner): Promise<number> {
  const started = Date.now();
  expect(await fleet[runner]()).toMatchObject({ code: 0 });
  return (await fleet.lastStarts())[runner] - started;
}

async function startAt(time: number, runner: Runner) {
  await delay(Math.max(0, time - Date.now()));
  return fleet[runner]();
}
