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

it.each(['@hourly', '0 3 * * 1-5', '*/5,10 * * * *', '0 17 L * *', '0 0 * * MON', '@none'])(
  'takes %s',
  async (interval) => {
    await expect(checkInterval(interval)).resolves.toBeUndefined();
  },
);

it.each(['bogus', '', '* * * *', '0 0 * * * *', '61 * * * *'])('refuses %s', async (interval) => {
  await expect(checkInterval(interval)).rejects.toMatchObject({ code: 'SCHEDULE_INVALID' });
});
