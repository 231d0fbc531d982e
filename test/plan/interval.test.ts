import { expect, it } from 'vitest';
import { checkInterval, cronOf, nextTime } from '../../src/plan/interval.js';

const now = new Date('2026-03-28T23:30:00Z');

it('gives aliases as cron, and passes other text on', () => {
  expect(cronOf('@daily')).toBe('0 0 * * *');
  expect(cronOf('@once')).toBeNull();
  expect(cronOf('*/5 * * * *')).toBe('*/5 * * * *');
});

it('knows the next time in UTC, whatever the clocks of this place do', async () => {
  expect(await nextTime('@daily', now)).toEqual(new Date('2026-03-29T00:00:00Z'));
  expect(await nextTime('30 2 * * *', now)).toEqual(new Date('2026-03-29T02:30:00Z'));
  expect(await nextTime('@manual', now)).toBeUndefined();
  expect(await nextTime('bogus', now)).toBeUndefined();
});

/** The times after this one, in UTC. */
async function times(interval: string, timezone: string, from: string, count: number): Promise<string[]> {
  const found: string[] = [];
  let now = new Date(from);
  for (let index = 0; index < count; index += 1) {
    const next = await nextTime(interval, now, timezone);
    if (next === undefined) break;
    found.push(next.toISOString().slice(0, 16));
    now = next;
  }
  return found;
}

it('goes by the clocks of a zone, on the days when they change too', async () => {
  // In Berlin 2 o'clock is left out on 29 March 2026, and comes twice on 25 October.
  expect(await times('30 2 * * *', 'Europe/Berlin', '2026-03-28T00:00Z', 3)).toEqual([
    '2026-03-28T01:30',
    '2026-03-29T01:00',
    '2026-03-30T00:30',
  ]);
  expect(await times('30 2 * * *', 'Europe/Berlin', '2026-10-24T00:00Z', 3)).toEqual([
    '2026-10-24T00:30',
    '2026-10-25T00:30',
    '2026-10-26T01:30',
  ]);
  expect(await times('@daily', 'America/New_York', '2026-03-07T12:00Z', 2)).toEqual([
    '2026-03-08T05:00',
    '2026-03-09T04:00',
  ]);
});

it('misses no hour and doubles none when the clocks change', async () => {
  expect(await times('@hourly', 'Europe/Berlin', '2026-10-24T23:30Z', 4)).toEqual([
    '2026-10-25T00:00',
    '2026-10-25T01:00',
    '2026-10-25T02:00',
    '2026-10-25T03:00',
  ]);
  expect(await times('@hourly', 'Europe/Berlin', '2026-03-28T23:30Z', 3)).toEqual([
    '2026-03-29T00:00',
    '2026-03-29T01:00',
    '2026-03-29T02:00',
  ]);
});

it('has no next time where there is none, or no such zone', async () => {
  expect(await nextTime('0 0 30 2 *', now, 'Europe/Berlin')).toBeUndefined();
  expect(await nextTime('@daily', now, 'Europe/Berln')).toBeUndefined();
});

it.each(['@hourly', '0 3 * * 1-5', '*/5,10 * * * *', '0 17 L * *', '0 0 * * MON', '@none'])(
  'takes %s',
  async (interval) => {
    await expect(checkInterval(interval)).resolves.toBeUndefined();
  },
);

it.each(['bogus', '', '* * * *', '0 0 * * * *', '61 * * * *'])('refuses %s', async (interval) => {
  await expect(checkInterval(interval)).rejects.toMatchObject({ code: 'SCHEDULE_INVALID' });
});
