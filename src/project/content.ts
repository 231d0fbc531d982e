import type { SourceLocation } from '../errors.js';
import { filledText, isMap } from '../values.js';
import { envMap, readEnvironments } from './environments.js';
import { readPipelines, readRunSteps } from './pipelines.js';
import {
  type Environment,
  type Job,
  type Pipeline,
  type PluginEntry,
  type PluginType,
  type Project,
  type ProjectPath,
  type ProjectWarning,
  pluginTypes,
  type RunStep,
  type Schedule,
} from './types.js';

/** The content of the project files, independent of environment and caller; plain JSON, so that it can be cached. */
export interface ProjectContent
  extends Pick<
    Project,
    'env' | 'pluginEntries' | 'written' | 'settings' | 'annotations' | 'projectId' | 'requiresMeltano'
  > {
  environments: Environment[];
  jobs: Job[];
  schedules: Schedule[];
  runSteps: RunStep[];
  pipelines: Pipeline[];
  warnings: ProjectWarning[];
  defaultEnvironment: string | undefined;
}

/** Top-level keys that are parts of the project; all others are settings of it. */
const parts = new Set([
  'version',
  'include_paths',
  'plugins',
  'environments',
  'env',
  'jobs',
  'schedules',
  'run_steps',
  'pipelines',
  'annotations',
  'requires_meltano',
]);

/** Takes the merged, checked files apart. Empty sections are empty lists and maps. */
export function readContent(
  project: Record<string, unknown>,
  locate: (path: ProjectPath) => SourceLocation | undefined,
): ProjectContent {
  const warnings: ProjectWarning[] = [];
  const warn = (code: string, message: string, path: ProjectPath, hint?: string) => {
    warnings.push({ code, message, hint, at: locate(path) });
  };
  const pluginEntries = readPlugins(project.plugins);
  for (const type of pluginTypes) warnAboutDoubles(pluginEntries[type], ['plugins', type], type, warn);
  const { environments, env } = readEnvironments(project.environments, project.env, warn);
  const jobs = listOf(project.jobs).map(readJob);
  const schedules = listOf(project.schedules).map(readSchedule);
  warnAboutDoubles(listOf<{ name: unknown }>(project.environments), ['environments'], 'environments', warn);
  warnAboutDoubles(jobs, ['jobs'], 'jobs', warn);
  warnAboutDoubles(schedules, ['schedules'], 'schedules', warn);
  return {
    environments,
    env,
    pluginEntries,
    jobs,
    schedules,
    runSteps: readRunSteps(project.run_steps),
    pipelines: readPipelines(project.pipelines),
    written: Object.fromEntries(
      ['run_steps', 'pipelines'].flatMap((key) => (Object.hasOwn(project, key) ? [[key, project[key]]] : [])),
    ),
    settings: Object.fromEntries(Object.entries(project).filter(([key]) => !parts.has(key))),
    annotations: isMap(project.annotations) ? project.annotations : {},
    projectId: filledText(project.project_id),
    requiresMeltano: filledText(project.requires_meltano),
    defaultEnvironment: filledText(project.default_environment),
    warnings,
  };
}

function readPlugins(value: unknown): Record<PluginType, PluginEntry[]> {
  const lists = isMap(value) ? value : {};
  return Object.fromEntries(pluginTypes.map((type) => [type, listOf(lists[type])])) as Record<
    PluginType,
    PluginEntry[]
  >;
}

function readJob(item: Record<string, unknown>): Job {
  const { tasks } = item;
  const list = tasks === null || tasks === undefined ? [] : Array.isArray(tasks) ? tasks : [tasks];
  return {
    name: String(item.name),
    tasks: list
      .filter((task) => task !== null)
      .map((task: unknown) => (Array.isArray(task) ? flatten(task) : String(task))),
    annotations: isMap(item.annotations) ? item.annotations : {},
  };
}

function flatten(task: readonly unknown[]): string[] {
  return task.flatMap((part) => (Array.isArray(part) ? flatten(part) : part === null ? [] : [String(part)]));
}

function readSchedule(item: Record<string, unknown>): Schedule {
  const { name, interval, job, extractor, loader, transform, env, ...rest } = item;
  const optional = Object.entries({ job, extractor, loader, transform }).filter(
    ([, value]) => typeof value === 'string' && value !== '',
  );
  return { ...rest, name: String(name), interval: String(interval), env: envMap(env), ...Object.fromEntries(optional) };
}

function warnAboutDoubles(
  items: readonly { name: unknown }[],
  path: ProjectPath,
  what: string,
  warn: (code: string, message: string, path: ProjectPath, hint?: string) => void,
): void {
  const names = new Set<unknown>();
  for (const [index, { name }] of items.entries()) {
    if (names.has(name))
      warn('NAME_TWICE', `Two entries of '${what}' are named '${String(name)}'; the first one is used.`, [
        ...path,
        index,
      ]);
    names.add(name);
  }
}

function listOf<T = Record<string, unknown>>(value: unknown): T[] {
  return Array.isArray(value) ? value : [];
}
