/** What is wrong with a project, found without secrets, stores, installations or a network. */
import { closest } from '../did-you-mean.js';
import { type ErrorCode, type SourceLocation, TaplineError } from '../errors.js';
import type { Plugin, Plugins } from '../plugins/types.js';
import { type PluginType, type Project, type ProjectPath, pluginTypes } from '../project/types.js';
import { checkWrittenValues } from '../settings/written-values.js';
import { splitShellWords, UnclosedQuote } from '../shell-words.js';
import { checkInterval } from './interval.js';
import { planRun } from './plan.js';

export interface Finding {
  severity: 'error' | 'warning';
  /** An error code, or that of a warning. */
  code: string;
  message: string;
  hint?: string | undefined;
  at?: SourceLocation | undefined;
  /** The environment in which it is so; undefined where that does not matter. */
  environment?: string | undefined;
}

export interface ValidationSubject {
  project: Project;
  plugins: Plugins;
}

/** All findings of a project that could be read, in the order of their places. */
export async function validateProject(
  base: ValidationSubject,
  environments: readonly ValidationSubject[],
): Promise<Finding[]> {
  const own = [
    ...base.project.warnings.map((warning): Finding => ({ severity: 'warning', ...warning })),
    ...checkPlugins(base),
    ...checkDefaultEnvironment(base.project),
    ...base.project.jobs.flatMap(({ name }) => checkJob(name, base)),
    ...(await checkSchedules(base)),
  ];
  const inEnvironments = environments.flatMap((subject) => {
    const environment = subject.project.environment?.name;
    const values = subject.plugins.list().flatMap((plugin) => checkEnvironmentValues(plugin));
    return [...checkEnvironmentPlugins(subject), ...values].map((finding) => ({ ...finding, environment }));
  });
  return sorted(distinct([...own, ...inEnvironments]), base.project.files);
}

/** A fault that kept the project from being read, or all of them where the file has several. */
export function findingsOf(error: TaplineError): Finding[] {
  const faults = error.data?.faults;
  if (!Array.isArray(faults)) return [findingOf(error)];
  return faults.map(({ message, hint, at }: Pick<Finding, 'message' | 'hint' | 'at'>) => {
    return { severity: 'error', code: error.code, message, hint, at };
  });
}

function findingOf({ code, message, hint, at }: TaplineError, severity: Finding['severity'] = 'error'): Finding {
  return { severity, code, message, hint, at };
}

/** What `check` throws, as a finding. */
function caught(check: () => void): Finding[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    // It may be had from a hub when it is needed.
    const isFetched = error.code === 'PLUGIN_DEFINITION_MISSING' && !error.message.includes('is shipped with');
    return [findingOf(error, isFetched ? 'warning' : 'error')];
  }
}

/* ---- plugins ---- */

function checkPlugins({ plugins }: ValidationSubject): Finding[] {
  return plugins.list().flatMap((plugin) => {
    const missing = caught(() => void plugin.namespace);
    if (missing.length > 0) return missing;
    return [...checkCommands(plugin), ...checkWrittenValues(plugin, 'own').map(asFinding)];
  });
}

function checkCommands(plugin: Plugin): Finding[] {
  return [...plugin.commands.values()].flatMap(({ name, args }) => {
    try {
      splitShellWords(args);
      return [];
    } catch (error) {
      if (!(error instanceof UnclosedQuote)) throw error;
      const message = `The args of the command '${plugin.name}:${name}' can't be split: ${error.message}.`;
      return [finding('USAGE', message, plugin.at, 'Close the quote, or put a backslash before it.')];
    }
  });
}

function checkEnvironmentValues(plugin: Plugin): Finding[] {
  if (caught(() => void plugin.namespace).length > 0) return [];
  return checkWrittenValues(plugin, 'environment').map(asFinding);
}

function asFinding({ error, severity }: { error: TaplineError; severity: Finding['severity'] }): Finding {
  return findingOf(error, severity);
}

/* ---- environments ---- */

function checkDefaultEnvironment(project: Project): Finding[] {
  const { defaultEnvironment: name, environments } = project;
  // A variable may be what names it; the file is right then.
  const at = project.locate(['default_environment']);
  const names = environments.map((environment) => environment.name);
  if (name === undefined || name.toLowerCase() === 'null' || names.includes(name)) return [];
  return [unknown('ENVIRONMENT_UNKNOWN', `default_environment is '${name}', which is no environment`, name, names, at)];
}

/** What an environment says about a plugin that is not there has no effect. */
function checkEnvironmentPlugins({ project, plugins }: ValidationSubject): Finding[] {
  const { environment } = project;
  if (environment === undefined) return [];
  const number = project.environments.indexOf(environment);
  return pluginTypes.flatMap((type) =>
    (environment.plugins[type] ?? []).flatMap(({ name }, index) => {
      const names = plugins.names(type);
      if (names.includes(name)) return [];
      const at = project.locate(['environments', number, 'config', 'plugins', type, index]);
      const message = `The environment '${environment.name}' configures '${name}', which is none of the ${type}`;
      return [{ ...unknown('PLUGIN_UNKNOWN', message, name, names, at), severity: 'warning' as const }];
    }),
  );
}

/* ---- jobs and schedules ---- */

function checkJob(name: string, { project, plugins }: ValidationSubject): Finding[] {
  const warnings: Finding[] = [];
  const faults = caught(() => {
    const plan = planRun([name], { project, plugins, options: {}, expandSuffix: (text) => text });
    warnings.push(...(plan.warnings ?? []).map((warning): Finding => ({ severity: 'warning', ...warning })));
  });
  return [...faults, ...warnings];
}

async function checkSchedules(subject: ValidationSubject): Promise<Finding[]> {
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
          `Schedule '${name}' names a job, and an extractor or a loader too.`,
          place(),
          'Keep one of both.',
        ),
      );
    }
    return findings;
  }
  const wanted = { extractors: extractor, loaders: loader } as const;
  for (const [type, plugin] of Object.entries(wanted) as [PluginType, string | undefined][]) {
    const singular = type.slice(0, -1);
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

/* ---- findings ---- */

function finding(code: ErrorCode, message: string, at: SourceLocation | undefined, hint?: string): Finding {
  return { severity: 'error', code, message, hint, at };
}

function unknown(
  code: ErrorCode,
  message: string,
  name: string,
  names: readonly string[],
  at: SourceLocation | undefined,
): Finding {
  const near = closest(name, names);
  const there = names.length > 0 && names.length <= 20 ? `There are: ${names.join(', ')}.` : undefined;
  return finding(code, `${message}.`, at, near === undefined ? there : `Did you mean '${near}'?`);
}

/** What several jobs or environments show is one finding. */
function distinct(findings: readonly Finding[]): Finding[] {
  const byText = new Map<string, Finding>();
  for (const each of findings) {
    const key = JSON.stringify([each.message, each.at]);
    if (!byText.has(key)) byText.set(key, each);
  }
  return [...byText.values()];
}

function sorted(findings: Finding[], files: readonly string[]): Finding[] {
  const order = ({ at }: Finding) => (at === undefined ? Number.POSITIVE_INFINITY : files.indexOf(at.file));
  return findings.sort(
    (a, b) => order(a) - order(b) || (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.col ?? 0) - (b.at?.col ?? 0),
  );
}
