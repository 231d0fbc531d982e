/** When a schedule ran last and runs next, as text. */
import type { History } from '../../../history/port.js';
import { nextTime } from '../../../plan/interval.js';
import type { Schedule } from '../../../project/types.js';

/** How far back to search for a run of a job. */
const maxRuns = 500;

/** Returns one line per schedule, in order. Times are UTC, as schedulers read cron expressions. */
export async function scheduleTimes(
  schedules: readonly Schedule[],
  history: History | undefined,
  now: Date,
): Promise<string[]> {
  const runs = (await history?.listRuns({ limit: maxRuns })) ?? [];
  return Promise.all(
    schedules.map(async ({ name, job, interval }) => {
      const run = runs.find(({ words }) => words.length === 1 && words[0] === job);
      const [row] = job === undefined ? ((await history?.meltanoRuns.list({ jobName: name, limit: 1 })) ?? []) : [];
      const startedAt = run?.startedAt ?? row?.startedAt;
      const status = run?.status ?? row?.state.toLowerCase();
      const last = startedAt === undefined ? 'never ran' : `last ran ${minute(startedAt)} (${status})`;
      const next = await nextTime(interval, now);
      return `${last}; ${next === undefined ? 'no next time' : `next ${minute(next)}`}`;
    }),
  );
}

function minute(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
