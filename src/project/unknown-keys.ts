import { closest } from '../did-you-mean.js';
import { isMap } from '../values.js';
import {
  environmentKeys,
  extraKeys,
  jobKeys,
  pipelineKeys,
  pluginKeys,
  projectKeys,
  runStepKeys,
  s3Keys,
  scheduleKeys,
  settingKeys,
  stateBackendKeys,
} from './known-keys.js';
import { type ProjectPath, type ProjectWarning, pluginTypes } from './types.js';

type Locate = (path: ProjectPath) => ProjectWarning['at'];

/** One warning for each unknown key (not for each place where it stands): the key is kept, but it may be a typing error. */
export function findUnknownKeys(project: Record<string, unknown>, locate: Locate): ProjectWarning[] {
  const warnings = new Map<string, ProjectWarning>();
  const check = (value: unknown, known: readonly string[], path: ProjectPath, what: string, effect: string): void => {
    if (!isMap(value)) return;
    for (const key of Object.keys(value)) {
      // `x-...` is the usual place for anchors; a dotted key is a nested setting.
      if (known.includes(key) || /^(?:x-|_)/.test(key) || known.includes(key.split('.')[0] ?? '')) continue;
      const id = `${what} ${key}`;
      if (warnings.has(id)) continue;
      const guess = closest(key, known);
      warnings.set(id, {
        code: 'KEY_UNKNOWN',
        message: `The key '${key}' of ${what} is not known; ${effect}.`,
        hint: guess === undefined ? undefined : `Did you mean '${guess}'?`,
        at: locate([...path, key]),
        ...(guess !== undefined && (known === pluginTypes || guess === 'plugins') ? { hidesPlugins: true } : {}),
      });
    }
  };
  check(project, projectKeys, [], 'the project', 'it has no effect');
  const backend = isMap(project.state_backend) ? project.state_backend : {};
  check(backend, stateBackendKeys, ['state_backend'], 'state_backend', 'it has no effect');
  check(backend.s3, s3Keys, ['state_backend', 's3'], 'state_backend.s3', 'it has no effect');
  checkPlugins(project, check);
  checkEnvironments(project, check);
  for (const [key, known] of [
    ['jobs', jobKeys],
    ['schedules', scheduleKeys],
    ['pipelines', pipelineKeys],
  ] as const) {
    for (const [index, item] of listOf(project[key]).entries())
      check(item, known, [key, index], `a ${key.slice(0, -1)}`, 'it has no effect');
  }
  for (const [name, step] of Object.entries(isMap(project.run_steps) ? project.run_steps : {}))
    check(step, runStepKeys, ['run_steps', name], 'a run step', 'it has no effect');
  return [...warnings.values()];
}

type Check = (value: unknown, known: readonly string[], path: ProjectPath, what: string, effect: string) => void;

const asExtra = 'it is kept as an extra';

function checkPlugins(project: Record<string, unknown>, check: Check): void {
  check(project.plugins, pluginTypes, ['plugins'], 'plugins', 'its entries are ignored');
  for (const type of pluginTypes) {
    const entries = listOf(isMap(project.plugins) ? project.plugins[type] : undefined);
    for (const [index, entry] of entries.entries()) {
      const path = ['plugins', type, index];
      check(entry, [...pluginKeys, ...extraKeys[type]], path, `the ${type}`, asExtra);
      if (!isMap(entry)) continue;
      for (const [at, setting] of listOf(entry.settings).entries()) {
        check(setting, settingKeys, [...path, 'settings', at], 'a setting', 'it has no effect');
      }
    }
  }
}

function checkEnvironments(project: Record<string, unknown>, check: Check): void {
  for (const [index, environment] of listOf(project.environments).entries()) {
    const path = ['environments', index];
    check(environment, environmentKeys, path, 'an environment', 'it has no effect');
    const config = isMap(environment) ? environment.config : undefined;
    check(config, ['plugins'], [...path, 'config'], "an environment's config", 'it has no effect');
    const plugins = isMap(config) ? config.plugins : undefined;
    check(plugins, pluginTypes, [...path, 'config', 'plugins'], "an environment's plugins", 'its entries are ignored');
    for (const type of pluginTypes) {
      for (const [at, entry] of listOf(isMap(plugins) ? plugins[type] : undefined).entries()) {
        check(
          entry,
          [...pluginKeys, ...extraKeys[type]],
          [...path, 'config', 'plugins', type, at],
          `the ${type}`,
          asExtra,
        );
      }
    }
  }
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
