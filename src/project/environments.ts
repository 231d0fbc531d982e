import { didYouMean } from '../did-you-mean.js';
import { TaplineError } from '../errors.js';
import { exactJson } from '../exact-json.js';
import { isContainer } from '../exact-number.js';
import { isMap } from '../values.js';
import { readMapText } from './map-as-text.js';
import {
  type Environment,
  type EnvironmentPolicy,
  type PluginEntry,
  type PluginType,
  type Project,
  type ProjectPath,
  pluginTypes,
} from './types.js';

type Warn = (code: string, message: string, path: ProjectPath, hint?: string) => void;

/** The variables of an `env:` map as text; a name without a value is left out. */
export function envMap(value: unknown): Record<string, string> {
  if (!isMap(value)) return {};
  const values: Record<string, string> = {};
  for (const [name, entry] of Object.entries(value)) {
    if (entry !== null && entry !== undefined) values[name] = isContainer(entry) ? exactJson(entry) : String(entry);
  }
  return values;
}

/**
 * The environments of the list `environments:`, then those that only a map in the top-level `env:` declares. Where both
 * name one, its variables are those of the map with the list's over them. Also the scalars of `env:`, which hold for all.
 */
export function readEnvironments(
  list: unknown,
  topEnv: unknown,
  warn: Warn,
): { environments: Environment[]; env: Record<string, string> } {
  const { maps, env } = splitTopEnv(topEnv, warn);
  const environments = (Array.isArray(list) ? list : []).map((item: unknown) => readEnvironment(item));
  for (const environment of environments) {
    const map = maps.get(environment.name);
    if (map) environment.env = { ...map, ...environment.env };
    maps.delete(environment.name);
  }
  const declared = [...maps].map(([name, variables]) => emptyEnvironment(name, variables));
  return { environments: [...environments, ...declared], env };
}

function splitTopEnv(
  topEnv: unknown,
  warn: Warn,
): { maps: Map<string, Record<string, string>>; env: Record<string, string> } {
  const maps = new Map<string, Record<string, string>>();
  const scalars: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(isMap(topEnv) ? topEnv : {})) {
    const rewritten = typeof value === 'string' ? readMapText(name, value) : undefined;
    if (rewritten) {
      warn(
        'ENVIRONMENT_AS_TEXT',
        `env.${name} is the text of a map: Meltano wrote it so when it added project_id. It is read as the environment '${name}'.`,
        ['env', name],
        `Move it to environments: [{name: ${name}, env: {...}}], which both programs read.`,
      );
    }
    const map = isMap(value) ? envMap(value) : rewritten;
    if (map) maps.set(name, map);
    else scalars[name] = value;
    const inner = map?.MELTANO_ENVIRONMENT;
    if (inner !== undefined && inner !== name) {
      warn(
        'ENVIRONMENT_NAME',
        `env.${name} sets MELTANO_ENVIRONMENT to '${inner}'; that does not select another environment.`,
        ['env', name],
      );
    }
  }
  return { maps, env: envMap(scalars) };
}

function emptyEnvironment(name: string, env: Record<string, string>): Environment {
  return { name, env, stateIdSuffix: undefined, plugins: {}, annotations: {}, declaredIn: 'env' };
}

function readEnvironment(item: unknown): Environment {
  const entry = isMap(item) ? item : {};
  const config = isMap(entry.config) ? entry.config : {};
  const suffix = entry.state_id_suffix;
  return {
    name: String(entry.name),
    env: envMap(entry.env),
    stateIdSuffix: suffix === null || suffix === undefined ? undefined : String(suffix),
    plugins: pluginLists(config.plugins),
    annotations: isMap(entry.annotations) ? entry.annotations : {},
    declaredIn: 'environments',
  };
}

function pluginLists(value: unknown): Partial<Record<PluginType, PluginEntry[]>> {
  const lists = isMap(value) ? value : {};
  const found: Partial<Record<PluginType, PluginEntry[]>> = {};
  for (const type of pluginTypes) if (Array.isArray(lists[type])) found[type] = lists[type] as PluginEntry[];
  return found;
}

interface Wish {
  /** `--environment`, or `null` for `--no-environment`. */
  flag: string | null | undefined;
  /** MELTANO_ENVIRONMENT of the process, else of `.env`. */
  variable: string | undefined;
  /** default_environment, or its variable. */
  fallback: string | undefined;
  policy: EnvironmentPolicy;
}

/** Which environment a command works in, by its policy. Throws ENVIRONMENT_UNKNOWN, ENVIRONMENT_REQUIRED. */
export function selectEnvironment(
  environments: readonly Environment[],
  { flag, variable, fallback, policy }: Wish,
  file: string,
): Pick<Project, 'environment' | 'environmentChosenBy'> {
  const none = { environment: undefined, environmentChosenBy: 'nothing' } as const;
  const named = flag === undefined || flag === '' ? variable || undefined : flag;
  const isRefused = named === null || named?.toLowerCase() === 'null';
  if (policy === 'none') return none;
  if (!isRefused && named !== undefined) {
    const chosenBy = flag ? 'flag' : 'variable';
    return {
      environment: findEnvironment(
        environments,
        named,
        chosenBy === 'flag' ? '--environment' : 'MELTANO_ENVIRONMENT',
        file,
      ),
      environmentChosenBy: chosenBy,
    };
  }
  if (!isRefused && fallback) {
    if (policy === 'explicit') return { environment: undefined, environmentChosenBy: 'ignored' };
    return {
      environment: findEnvironment(environments, fallback, 'default_environment', file),
      environmentChosenBy: 'default',
    };
  }
  if (policy === 'required') throw noEnvironment(environments);
  return none;
}

function findEnvironment(
  environments: readonly Environment[],
  name: string,
  source: string,
  file: string,
): Environment {
  const found = environments.find((environment) => environment.name === name);
  if (found) return found;
  const names = environments.map((environment) => environment.name);
  const known = names.length === 0 ? `${file} has none.` : `Available: ${names.join(', ')}.`;
  throw new TaplineError('ENVIRONMENT_UNKNOWN', `The environment '${name}' (from ${source}) is not in this project.`, {
    hint: [didYouMean(name, names), known].filter((part) => part !== undefined).join(' '),
  });
}

function noEnvironment(environments: readonly Environment[]): TaplineError {
  const [first] = environments;
  const example = first?.name ?? 'dev';
  return new TaplineError('ENVIRONMENT_REQUIRED', 'This command needs an environment and none was chosen.', {
    hint: `Set default_environment in meltano.yml, or pass --environment=${example}${first ? '' : ' (and add it to environments)'}.`,
  });
}
