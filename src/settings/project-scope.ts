import type { SourceLocation } from '../errors.js';
import { meltanoVersion } from '../project/meltano-version.js';
import type { Project, ProjectPath } from '../project/types.js';
import { isMap } from '../values.js';
import { isTruthy } from './cast.js';
import { projectReadNames } from './env-names.js';
import { type EnvLevel, EnvStack } from './env-stack.js';
import { firstOf, lookupIn } from './expand.js';
import { defaultLayer, fileLayer, type Layer, namedLayer, variableLayer } from './layers.js';
import { flatten } from './nested-keys.js';
import { locateInDotenv } from './origins.js';
import { projectDefinitions } from './project-definitions.js';
import { secretFileLayer } from './secret-files.js';
import { SettingScope } from './setting-scope.js';
import type { StoredSettings } from './types.js';

export interface ProjectScopeParts {
  project: Project;
  env: Readonly<Record<string, string>>;
  overrides: Readonly<Record<string, unknown>>;
  stored: StoredSettings | undefined;
}

/** The process environment as settings see it: what each plugin inherits, before anything of the project is added. */
export function baseEnv(env: NodeJS.ProcessEnv): Record<string, string> {
  const base: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined) base[name] = value;
  base.MELTANO_JOB_TRIGGER ??= 'cli';
  return base;
}

/** Variables that say which project this is. */
export function projectVariables(project: Project): Record<string, string> {
  return {
    MELTANO_PROJECT_ROOT: project.root,
    MELTANO_ENVIRONMENT: project.environment?.name ?? '',
    MELTANO_SYS_DIR_ROOT: project.sysDir,
    MELTANO_USER_AGENT: `Meltano/${meltanoVersion}`,
  };
}

/** Process environment, project variables and the top-level `env:`, unexpanded, the last winning (as Meltano 4.4.1). */
export function projectEnvLevels(project: Project, env: Readonly<Record<string, string>>): EnvLevel[] {
  return [{ vars: env }, { vars: projectVariables(project) }, topLevelEnv(project)];
}

function topLevelEnv(project: Project): EnvLevel {
  return { vars: project.env, locate: (name) => project.locate(['env', name]) };
}

/** The `env:` of the active environment, in the place where it was declared. */
export function environmentLevel(project: Project, vars: Readonly<Record<string, string>>): EnvLevel {
  const { environment } = project;
  const path = environment?.declaredIn === 'env' ? ['env', environment.name] : [...environmentPath(project), 'env'];
  return { vars, locate: (name) => project.locate([...path, name]) };
}

/** The active environment's entry in the list `environments:`. */
function environmentPath(project: Project): ProjectPath {
  const listed = project.environments.filter(({ declaredIn }) => declaredIn === 'environments');
  return ['environments', listed.findIndex(({ name }) => name === project.environment?.name)];
}

/** The settings of the project itself. */
export function projectScope({ project, env, overrides, stored }: ProjectScopeParts): SettingScope {
  const { environment } = project;
  // A map under the top-level `env:` is that environment's part of it, so it counts here as the scalars beside it do.
  const ownMap = environment?.declaredIn === 'env' ? [environmentLevel(project, environment.env)] : [];
  const variables = new EnvStack([...projectEnvLevels(project, env), ...ownMap]);
  const lookup = firstOf((name) => variables.get(name), lookupIn(project.dotenv));
  const flat = flatten({
    default_environment: project.defaultEnvironment,
    project_id: project.projectId,
    ...project.settings,
  });
  const dotenv = new EnvStack([{ vars: project.dotenv, locate: (name) => locateInDotenv(project, name) }]);
  const definitions = withUnknown(flat);
  const secretFiles = { namesOf: projectReadNames, definitions, root: project.root };
  const layers: Layer[] = [
    namedLayer('override', { get: (name) => own(overrides, name) }),
    variableLayer('env', variables, projectReadNames),
    secretFileLayer({ ...secretFiles, layer: 'env', variables }),
    variableLayer('dotenv', dotenv, projectReadNames),
    secretFileLayer({ ...secretFiles, layer: 'dotenv', variables: dotenv }),
    ...logLevelAliases(project, variables),
    ...stateBackendWords({ variables, dotenv, flat, locate: (key) => project.locate([key]) }),
    annotationLayer(project),
    fileLayer('meltano_yml', flat, (key) => project.locate(key.split('.')) ?? project.locate([key])),
    namedLayer('db', { get: (name) => stored?.get('meltano')?.get(name) }),
    defaultLayer,
  ];
  const scope: SettingScope = new SettingScope({
    owner: 'This project',
    definitions,
    layers,
    lookup: () => lookup,
    strict: () => strict(),
  });
  let resolvingStrict = false;
  const strict = (): boolean => {
    // The flag itself may hold a variable: it is then expanded as outside strict mode.
    if (resolvingStrict) return false;
    resolvingStrict = true;
    try {
      return isStrict(scope);
    } finally {
      resolvingStrict = false;
    }
  };
  return scope;
}

/** `ff.strict_env_var_mode`: whether a reference to an unset variable fails. */
export function isStrict(scope: SettingScope): boolean {
  const definition = scope.find('ff.strict_env_var_mode');
  const value = definition ? scope.resolve(definition).value : false;
  return value === true || (typeof value === 'string' && isTruthy(value));
}

/** Undefined top-level keys remain settings that can be read; like the original, lists leave them out. */
function withUnknown(flat: ReadonlyMap<string, unknown>): typeof projectDefinitions {
  const names = new Set(projectDefinitions.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]));
  const unknown = [...flat.keys()].filter((name) => !names.has(name)).map((name) => ({ name, custom: true }));
  return [...projectDefinitions, ...unknown];
}

/** MELTANO_LOG_LEVEL, in any case, as the last of the names of `cli.log_level`; ours, so it never clashes with the others. */
function logLevelAliases(project: Project, variables: EnvStack): Layer[] {
  const alias = 'MELTANO_LOG_LEVEL';
  const environment = project.environment
    ? new EnvStack([environmentLevel(project, project.environment.env)])
    : undefined;
  const dotenv = new EnvStack([{ vars: project.dotenv, locate: (name) => locateInDotenv(project, name) }]);
  const sources = [
    ['env', environment],
    ['env', variables],
    ['dotenv', dotenv],
  ] as const;
  return sources.flatMap(([layer, source]) => {
    if (!source) return [];
    const read = variableLayer(layer, source, () => [{ name: alias, negated: false }]);
    return [
      (definition) => {
        if (definition.name !== 'cli.log_level') return undefined;
        const found = read(definition);
        return found ? { ...found, raw: String(found.raw).trim().toLowerCase() } : undefined;
      },
    ];
  });
}

/**
 * A word in the place of the map `state_backend`, which stands for its `uri`: `state_backend: postgres`, MELTANO_STATE_BACKEND. Ours, so
 * it is weaker than any variable of the original's.
 */
function stateBackendWords(from: {
  variables: EnvStack;
  dotenv: EnvStack;
  flat: ReadonlyMap<string, unknown>;
  locate(key: string): SourceLocation | undefined;
}): Layer[] {
  const key = 'state_backend';
  const named = () => [{ name: 'MELTANO_STATE_BACKEND', negated: false }];
  const word = from.flat.get(key);
  const inFile = new Map(typeof word === 'string' ? [[key, word]] : []);
  const layers = [
    variableLayer('env', from.variables, named),
    variableLayer('dotenv', from.dotenv, named),
    fileLayer('meltano_yml', inFile, from.locate),
  ];
  return layers.map((layer) => (definition) => {
    return definition.name === `${key}.uri` ? layer({ ...definition, name: key }) : undefined;
  });
}

/** `annotations.tapline` of the active environment: the one place in it where Meltano lets our keys be. */
function annotationLayer(project: Project): Layer {
  const annotations = project.environment?.annotations.tapline;
  const flat = isMap(annotations) ? flatten({ tapline: annotations }) : new Map<string, unknown>();
  return fileLayer('environment', flat, (key) =>
    project.locate([...environmentPath(project), 'annotations', ...key.split('.')]),
  );
}

function own<T>(values: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
