/**
 * The original and Tapline start one state ID at once, again and again, with the two starts shifted against each other so that
 * each is the first at times, and so that the original's check and insert fall around ours.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import type { Ended } from '../e2e/program.js';
import { type Backend, backends, Fleet, stateWith, upTo } from './mixed-fleet.js';
import { hasPostgres } from './postgres.js';

const starts = 20;
/** Between one pair's shift and the next, in milliseconds. */
const step = 40;
const pause = '0.3';

const isPostgresThere = await hasPostgres();
const isThere = (backend: Backend) => backend !== 'PostgreSQL' || isPostgresThere;

let fleet: Fleet;
afterEach(() => fleet.close());

describe.each(backends)('on %s', (backend) => {
  test.skipIf(!isThere(backend))('the two never run one state ID at once, and no bookmark is lost', async () => {
    fleet = await Fleet.make(backend, pause);
    const head = (await timeToRow(() => fleet.original())) - (await timeToRow(() => fleet.ours()));
    let runs = 2;
    const refused = { original: 0, ours: 0 };
    for (let start = 0; start < starts; start += 1) {
      const shift = head + (start - (starts - 1) / 2) * step;
      const [original, ours] = await Promise.all([
        later(-shift, () => fleet.original()),
        later(shift, () => fleet.ours()),
      ]);
      if (original.code !== 0) {
        expect(original.stderr).toContain('already running');
        refused.original += 1;
      }
      if (ours.code !== 0) {
        expect(ours.stderr).toContain('[LEASE_HELD]');
        refused.ours += 1;
      }
      const succeeded = [original, ours].filter(({ code }) => code === 0).length;
      expect(succeeded).toBeGreaterThan(0);
      runs += succeeded;
      expect(await fleet.rows()).toEqual(upTo(3 * runs));
    }
    expect(await fleet.overlaps()).toEqual([]);
    const state = stateWith(3 * runs);
    expect(await fleet.bookmarks()).toEqual({ original: state, ours: state });
    // Else the starts were not close to each other.
    expect(refused.original).toBeGreaterThan(0);
    expect(refused.ours).toBeGreaterThan(0);
  });
});

/** How long after its start a run inserts its row, in milliseconds. */
async function timeToRow(run: () => Promise<Ended>): Promise<number> {
  const started = Date.now();
  expect(await run()).toMatchObject({ code: 0 });
  return (await fleet.lastStart()) - started;
}

async function later<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  await delay(Math.max(0, milliseconds));
  return work();
}
