import type { Project } from '../project/types.js';
import { emptyEnv } from './env-stack.js';
import { expandEnv, expandText, firstOf, type Lookup, lookupIn } from './expand.js';
import type { PluginScope } from './plugin-scope.js';
import { projectVariables } from './project-scope.js';

/**
 * The environment of a plugin's process. Low to high: `.env`; process environment, top-level `env:` and what settings are
 * read from; the plugin's settings; then, expanded, its `env:`, the environment's `env:` and its `env:` there; `extraEnv`.
 *
 * Each of these three is expanded with the one before it, the environment's own with the project's variables and `.env`.
 * What the one before does not have is looked for in the project's variables, where the original finds nothing.
 */
export function processEnv(
  project: Project,
  base: Readonly<Record<string, string>>,
  scope: PluginScope,
  extraEnv: Readonly<Record<string, string>>,
  strict: boolean,
): Record<string, string> {
  const { plugin } = scope;
  const fromProject = projectLookup(project, base, strict);
  const ofEnvironment = expandEnv(project.environment?.env ?? {}, fromProject, strict);
  const wider = firstOf(fromProject, (name) => scope.variables.get(name));
  const pluginEnv = expandEnv(plugin.env, firstOf(lookupIn(extraEnv, ofEnvironment), wider), strict);
  const ofEnvironmentPlugin = expandEnv(
    plugin.environmentEnv,
    firstOf(lookupIn(extraEnv, pluginEnv, ofEnvironment), wider),
    strict,
  );
  const env = Object.assign(
    emptyEnv(),
    project.dotenv,
    scope.variables.merged(),
    inheritedEnv(scope, firstOf(lookupIn(ofEnvironment), wider), strict),
    scope.asEnv(),
    pluginEnv,
    ofEnvironment,
    ofEnvironmentPlugin,
    extraEnv,
  );
  env.PYTHONWARNINGS ??= 'once';
  // A virtual environment of ours, or one that the user is in, is not the plugin's.
  delete env.VIRTUAL_ENV;
  delete env.PYTHONPATH;
  return env;
}

/** The environment of what runs for the project as a whole, such as an installer: with the top-level `env:` expanded. */
export function projectEnv(
  project: Project,
  base: Readonly<Record<string, string>>,
  strict: boolean,
): Record<string, string> {
  const topLevel = expandEnv(project.env, projectLookup({ ...project, env: {} }, base, strict), strict);
  return { ...base, ...project.dotenv, ...projectVariables(project), ...topLevel };
}

/** The same, with the `env:` of the active environment: what run steps and pipelines refer to. */
export function environmentEnv(
  project: Project,
  base: Readonly<Record<string, string>>,
  strict: boolean,
): Record<string, string> {
  const own = expandEnv(project.environment?.env ?? {}, projectLookup(project, base, strict), strict);
  return { ...projectEnv(project, base, strict), ...own };
}

/** Process environment, project variables and top-level `env:`, then `.env`; each expanded with the process environment. */
function projectLookup(project: Project, base: Readonly<Record<string, string>>, strict: boolean): Lookup {
  const fromProcess = lookupIn(base);
  const raw = lookupIn(project.dotenv, project.env, projectVariables(project));
  return (name) => {
    const text = raw(name);
    if (text !== undefined) return expandText(text, fromProcess, strict);
    const inherited = fromProcess(name);
    return inherited === undefined ? undefined : expandText(inherited, fromProcess, false);
  };
}

/** Variables of a parent's `env:` that reach its children, where nothing stronger sets them. */
function inheritedEnv(scope: PluginScope, lookup: Lookup, strict: boolean): Record<string, string> {
  const env: Record<string, string> = {};
  for (let { parent } = scope; parent; parent = parent.parent) {
    for (const [name, text] of Object.entries(parent.plugin.env)) {
      if (scope.variables.get(name) === text && !Object.hasOwn(env, name)) env[name] = expandText(text, lookup, strict);
    }
  }
  return env;
}
