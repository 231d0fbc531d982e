import { type SourceLocation, TaplineError } from '../../errors.js';
import type { PluginType, ProjectPath } from '../../project/types.js';
import { singularOf } from '../../project/types.js';
import { checkInterval } from '../interval.js';
import { type Finding, finding, findingOf, unknown, type ValidationSubject } from './finding.js';

export async function checkSchedules(subject: ValidationSubject): Promise<Finding[]> {
  const { schedules } = subject.project;
  const findings: Finding[] = [];
  for (const index of schedules.keys()) findings.push(...(await checkSchedule(index, subject)));
  return findings;
}

async function checkSchedule(index: number, { project, plugins }: ValidationSubject): Promise<Finding[]> {
  const schedule = project.schedules[index];
  if (schedule === undefined) return [];
  const { name, interval, job, extractor, loader } = schedule;
  const place = (...path: ProjectPath) =>
    project.locate(['schedules', index, ...path]) ?? project.locate(['schedules', index]);
  const findings: Finding[] = [];
  findings.push(...(await intervalFaults(name, interval, place('interval'))));
  if (job !== undefined) {
    const names = project.jobs.map((each) => each.name);
    if (!names.includes(job))
      findings.push(
        unknown(
          'JOB_UNKNOWN',
          `Schedule '${name}' names the job '${job}', which does not exist`,
          job,
          names,
          place('job'),
        ),
      );
    if (extractor !== undefined || loader !== undefined) {
      findings.push(
        finding(
          'SCHEDULE_INVALID',
          `Schedule '${name}' names both a job and an extractor or loader.`,
          place(),
          'Keep one of the two.',
        ),
      );
    }
    return findings;
  }
  const wanted = { extractors: extractor, loaders: loader } as const;
  for (const [type, plugin] of Object.entries(wanted) as [PluginType, string | undefined][]) {
    const singular = singularOf(type);
    const names = plugins.names(type);
    if (plugin === undefined) {
      findings.push(
        finding(
          'SCHEDULE_INVALID',
          `Schedule '${name}' names neither a job nor an ${singular}.`.replace('an loader', 'a loader'),
          place(),
          "Add 'job:', or 'extractor:' and 'loader:'.",
        ),
      );
    } else if (!names.includes(plugin)) {
      const message = `Schedule '${name}' names the ${singular} '${plugin}', which is not in this project`;
      findings.push(unknown('PLUGIN_UNKNOWN', message, plugin, names, place(singular)));
    }
  }
  return findings;
}

async function intervalFaults(name: string, interval: string, at: SourceLocation | undefined): Promise<Finding[]> {
  try {
    await checkInterval(interval);
    return [];
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    return [{ ...findingOf(error), message: `Schedule '${name}': ${error.message}`, at }];
  }
}
