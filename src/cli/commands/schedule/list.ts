import type { Command } from 'commander';
import { didYouMean } from '../../../did-you-mean.js';
import { hasCode, TaplineError } from '../../../errors.js';
import type { History } from '../../../history/port.js';
import { inlineText } from '../../../observe/error-report.js';
import type { OptionsOf } from '../../../option-definition.js';
import { cronOf } from '../../../plan/interval.js';
import type { Job, Project, Schedule } from '../../../project/types.js';
import { pythonRepr } from '../../../python-json.js';
import type { Session } from '../../../session/session.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, textOrJson } from '../../options/common.js';

const options = { ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function scheduleList(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText('after', examples('tapline schedule list', 'tapline schedule list --format json'))
    .action(async ({ format, databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'update', databaseUri });
      const history = await sweepStaleRuns(session);
      const { project } = session;
      const schedules = await usableSchedules(session);
      if (format === 'text') {
        // Programs read the original's lines; on a terminal a second line has the times.
        const times = output.isTTY ? await timesOf(schedules, history) : [];
        schedules.forEach((schedule, index) => {
          output.line(scheduleText(project, schedule));
          if (times[index] !== undefined) output.line(`    ${times[index]}`);
        });
        return;
      }
      const jobs = schedules.filter(isJobSchedule).map((schedule) => jobEntry(project, schedule));
      const elts: unknown[] = [];
      for (const schedule of schedules) if (!isJobSchedule(schedule)) elts.push(await eltEntry(schedule, history));
      output.json({ schedules: { job: jobs, elt: elts } });
    });
}

/**
 * The original fails runs without a heartbeat whenever schedules are listed, and schedulers rely on it. Does not create a
 * database; if it can't be used, logs a warning.
 */
async function sweepStaleRuns(session: Session): Promise<History | undefined> {
  try {
    const history = await session.existingHistory();
    await history?.meltanoRuns.sweepStale();
    return history;
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    (await session.log()).warning(`runs without a heartbeat were not checked: ${error.message}`, {
      code: error.code,
    });
    return undefined;
  }
}

/** All except those that name an unknown job, which are reported: one broken schedule must not hide the others. */
async function usableSchedules(session: Session): Promise<Schedule[]> {
  const { project } = session;
  const usable: Schedule[] = [];
  for (const schedule of project.schedules) {
    try {
      if (isJobSchedule(schedule)) jobOf(project, schedule);
      usable.push(schedule);
    } catch (error) {
      if (!hasCode(error, 'JOB_UNKNOWN')) throw error;
      const { code, message, hint, at } = error;
      (await session.log()).warning(inlineText({ message, at }), { code, hint, at });
    }
  }
  return usable;
}

async function timesOf(schedules: readonly Schedule[], history: History | undefined): Promise<string[]> {
  const { scheduleTimes } = await import('./times.js');
  return scheduleTimes(schedules, history, new Date());
}

type JobSchedule = Schedule & { job: string };

function isJobSchedule(schedule: Schedule): schedule is JobSchedule {
  return schedule.job !== undefined;
}

function jobEntry(project: Project, schedule: JobSchedule): Record<string, unknown> {
  const { name, interval, env } = schedule;
  const job = jobOf(project, schedule);
  return { name, interval, cron_interval: cronOf(interval), env, job: { name: job.name, tasks: job.tasks } };
}

async function eltEntry(schedule: Schedule, history: History | undefined): Promise<Record<string, unknown>> {
  const { name, interval, env, extractor, loader, transform = 'skip' } = schedule;
  return {
    name,
    extractor,
    loader,
    transform,
    interval,
    env,
    cron_interval: cronOf(interval),
    last_successful_run_ended_at: (await lastSuccess(name, history))?.toISOString() ?? null,
    elt_args: [extractor, loader, `--transform=${transform}`, `--state-id=${name}`],
  };
}

async function lastSuccess(name: string, history: History | undefined): Promise<Date | undefined> {
  const runs = (await history?.meltanoRuns.list({ jobName: name })) ?? [];
  const ends = runs.flatMap(({ state, endedAt }) =>
    state === 'SUCCESS' && endedAt !== undefined ? [endedAt.getTime()] : [],
  );
  return ends.length === 0 ? undefined : new Date(Math.max(...ends));
}

function jobOf(project: Project, schedule: JobSchedule): Job {
  const job = project.jobs.find(({ name }) => name === schedule.job);
  if (job !== undefined) return job;
  throw new TaplineError('JOB_UNKNOWN', `job '${schedule.job}' of schedule '${schedule.name}' not found`, {
    at: project.locate(['schedules', project.schedules.indexOf(schedule), 'job']),
    hint:
      didYouMean(
        schedule.job,
        project.jobs.map(({ name }) => name),
      ) ?? `Jobs of this project: ${project.jobs.map(({ name }) => name).join(', ') || 'none'}.`,
  });
}

const arrows: Readonly<Record<string, readonly [string, string]>> = {
  run: ['→', '→'],
  only: ['×', '→'],
  skip: ['→', 'x'],
};

function scheduleText(project: Project, schedule: Schedule): string {
  const { name, interval, extractor, loader, transform = 'skip' } = schedule;
  if (isJobSchedule(schedule))
    return `[${interval}] job ${name}: ${schedule.job} → ${pythonRepr(jobOf(project, schedule).tasks)}`;
  const [load, then] = arrows[transform] ?? ['→', 'x'];
  return `[${interval}] elt ${name}: ${extractor} ${load} ${loader} ${then} transforms`;
}
