import type { SourceLocation } from '../errors.js';

/** In the order in which the original looks plugins up: of two with one name the first type wins. */
export const pluginTypes = [
  'extractors',
  'loaders',
  'transforms',
  'orchestrators',
  'transformers',
  'files',
  'utilities',
  'mappers',
] as const;
export type PluginType = (typeof pluginTypes)[number];

/** `extractor`, `loader`, `utility` .... */
export function singularOf(type: PluginType): string {
  return type === 'utilities' ? 'utility' : type.slice(0, -1);
}

/** A plugin as a file has it: unknown keys stay (they are extras). */
export interface PluginEntry {
  name: string;
  [key: string]: unknown;
}

export interface Environment {
  name: string;
  /** Values as text, `$VAR` unexpanded. */
  env: Record<string, string>;
  stateIdSuffix: string | undefined;
  plugins: Partial<Record<PluginType, PluginEntry[]>>;
  annotations: Record<string, unknown>;
  /** `environments:` list, or a map value of the top-level `env:`. */
  declaredIn: 'environments' | 'env';
}

export interface Job {
  name: string;
  tasks: (string | string[])[];
  annotations: Record<string, unknown>;
}

export interface Schedule {
  name: string;
  interval: string;
  env: Record<string, string>;
  job?: string | undefined;
  extractor?: string | undefined;
  loader?: string | undefined;
  transform?: string | undefined;
  [key: string]: unknown;
}

/** A named list of commands, from `run_steps:`. Durations are seconds, or a text such as `30m`. */
export interface RunStep {
  name: string;
  /** Lines such as `meltano run tap target`, `invoke dbt:run --full-refresh`, `tap target`. */
  commands: string[];
  /** Blocks at once. */
  jobs: number | undefined;
  /** The folder for the files of its chains, relative to the project's. */
  runDir: string | undefined;
  env: Record<string, string>;
  timeout: string | number | undefined;
}

/** An ordered list of run steps, from `pipelines:`. */
export interface Pipeline {
  id: string;
  /** Names of run steps. */
  steps: string[];
  /** Five fields of cron, or an alias such as `@daily`. */
  interval: string | undefined;
  /** An IANA name; UTC where it is not set. */
  timezone: string | undefined;
  retries: number | undefined;
  retryDelay: string | number | undefined;
  maxAgeHours: number | undefined;
  env: Record<string, string>;
  /** IDs of the pipelines that come before it, for exports. */
  after: string[];
  owner: string | undefined;
  tags: string[];
}

export interface ProjectWarning {
  code: string;
  message: string;
  hint?: string | undefined;
  at?: SourceLocation | undefined;
  /** A misspelt key keeps plugins, or what an environment sets for them, out of the project. */
  hidesPlugins?: boolean | undefined;
}

/** A path into the merged project, e.g. `['plugins', 'extractors', 0, 'config', 'token']`. */
export type ProjectPath = readonly (string | number)[];

/** A meltano.yml with what it includes, read for one environment. Frozen; nothing in it is expanded, cast or resolved. */
export interface Project {
  /** Absolute folder of meltano.yml. */
  root: string;
  /** `.meltano`, or MELTANO_SYS_DIR_ROOT. Absolute. */
  sysDir: string;
  /** Absolute path of meltano.yml. */
  file: string;
  /** meltano.yml and the included files, absolute, in merge order. */
  files: readonly string[];
  /** The active environment, none where `undefined`. */
  environment: Environment | undefined;
  /** How it was chosen; `ignored` is a default_environment that the command does not use. */
  environmentChosenBy: 'flag' | 'variable' | 'default' | 'ignored' | 'nothing';
  environments: readonly Environment[];
  defaultEnvironment: string | undefined;
  projectId: string | undefined;
  requiresMeltano: string | undefined;
  /** Top-level `env:` scalars as text, plus, where the active environment is a map there, nothing of it (that is in `environment.env`). */
  env: Readonly<Record<string, string>>;
  /** `.env` or `--env-file`, parsed as python-dotenv does. */
  dotenv: Readonly<Record<string, string>>;
  dotenvFile: string;
  pluginEntries: Readonly<Record<PluginType, readonly PluginEntry[]>>;
  jobs: readonly Job[];
  schedules: readonly Schedule[];
  runSteps: readonly RunStep[];
  pipelines: readonly Pipeline[];
  /** `run_steps` and `pipelines` as the files have them, for what prints a project. */
  written: Readonly<Record<string, unknown>>;
  /** Further top-level keys (project settings, `tapline:`, unknown ones), as written: nested or dotted. */
  settings: Readonly<Record<string, unknown>>;
  annotations: Readonly<Record<string, unknown>>;
  warnings: readonly ProjectWarning[];
  /** Where a value stands. As the files were when they were read; from the cache too. Costs a few milliseconds once. */
  locate(path: ProjectPath): SourceLocation | undefined;
}

/** What a command does with `default_environment`; the original's policy by command (behaviour: environment policy). */
export type EnvironmentPolicy = 'required' | 'default' | 'explicit' | 'none';

export interface LoadProjectOptions {
  /** Where the search upwards starts. Default: the process's working directory. */
  cwd?: string | undefined;
  /** The process environment to read MELTANO_* from. Default: process.env. */
  env?: NodeJS.ProcessEnv | undefined;
  /** `--environment`; `null` for `--no-environment`. */
  environment?: string | null | undefined;
  envFile?: string | undefined;
  policy?: EnvironmentPolicy | undefined;
}
