/**
 * A project opened for one command or one caller: everything lazily, once, and closed together. The only place
 * that names concrete backends.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import packageFile from '../package.json' with { type: 'json' };
import type { History } from './history/port.js';
import { fetchMissingLocks, missingLocks } from './install/hub/fetch-missing-locks.js';
import type { Hub } from './install/hub/types.js';
import type { Installer } from './install/types.js';
import { createLog, type Log } from './observe/log.js';
import { logThresholds } from './observe/log-record.js';
import { chooseLogSettings, type LogChoice } from './observe/log-settings.js';
import { createMask, type Mask } from './observe/mask.js';
import type { StderrWriter } from './observe/stderr.js';
import { openPlugins } from './plugins/plugins.js';
import type { BundledDefinitions, Plugins } from './plugins/types.js';
import { loadProject } from './project/load.js';
import { ensureSystemDirectory } from './project/system-directory.js';
import type { LoadProjectOptions, Project } from './project/types.js';
import type { World } from './run/types.js';
import { createSettings } from './settings/resolver.js';
import { passwordsInUrls } from './settings/secrets.js';
import type { SettingsResolver, SettingsTable, StoredSettings } from './settings/types.js';
import type { StateBackendSettings } from './state/open.js';
import type { StateBackend } from './state/port.js';
import { databaseKind, parseSqliteUri } from './state/systemdb/uri.js';

export interface SessionOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** `read` makes and changes nothing in the stores; `update` changes them where they exist. */
  access: 'read' | 'update' | 'write';
  databaseUri?: string | undefined;
  /** From the command line. */
  log: LogChoice;
  defaultLogLevel?: string | undefined;
  stderr: StderrWriter;
}

export interface Session {
  readonly project: Project;
  readonly mask: Mask;
  readonly stderr: StderrWriter;
  /** The process environment that it was opened with. */
  readonly env: NodeJS.ProcessEnv;
  plugins(): Promise<Plugins>;
  settings(): Promise<SettingsResolver>;
  /** Settings in the system database. Undefined where that does not exist yet, unless it is to be made. */
  settingsTable(make: boolean): Promise<SettingsTable | undefined>;
  installer(): Promise<Installer>;
  /** Where definitions of plugins come from; asked only when one is fetched. */
  hub(): Promise<Hub>;
  /**
   * Fetches the lock files that the plugins of these words (of all, without words) miss; before they are looked up. A hub that
   * can't be reached is only warned of: the definition may be missed by nobody.
   */
  fetchMissingLocks(words?: readonly string[]): Promise<void>;
  /** The history where the system database exists already; it is not made for this. */
  existingHistory(): Promise<History | undefined>;
  history(): Promise<History>;
  state(): Promise<StateBackend>;
  /** Another one than the project's: by what `state_backend.uri` may be, or `database_uri`; with the project's settings else. */
  stateAt(uri: string): Promise<StateBackend>;
  log(): Promise<Log>;
  /** What a run or an invoke works with. */
  world(): Promise<World>;
  /** Closes what was opened, in the order that leaves nothing unwritten. */
  close(): Promise<void>;
}

/** Reads the project around `cwd` and opens it. Throws the errors of `loadProject`. */
export async function openSession(options: SessionOptions & LoadProjectOptions): Promise<Session> {
  // Read while the project is read: whoever needs it waits for the same promise.
  if (options.access === 'write') loadStores().catch(() => undefined);
  const { cwd, env, environment, envFile, policy } = options;
  return createSession(await loadProject({ cwd, env, environment, envFile, policy }), options);
}

/** Commands that need neither state nor history do without their code. */
const loadStores = () => import('./stores.js');

/** Opens a project that is read already; all else waits until it is asked for. Throws RUN_DIRECTORY. */
export function createSession(project: Project, options: SessionOptions): Session {
  if (options.access === 'write') ensureSystemDirectory(project);
  const { cwd, env, stderr } = options;
  // The names of environments are in every state ID, and some are passwords too.
  const mask = createMask({ never: project.environments.map(({ name }) => name) });
  const readOnly = options.access === 'read';

  const plugins = once(async () => {
    return openPlugins(project, { bundled: await bundledOf(project) });
  });
  const withSettings = async (stored?: StoredSettings) => {
    const resolver = createSettings(project, await plugins(), { env, overrides: overridesOf(options), stored });
    mask.add(resolver.projectSecrets());
    return resolver;
  };
  /** Without what the system database keeps: enough for the log, and to find that database. */
  const baseSettings = once(() => withSettings());
  const databaseUri = async () => String((await baseSettings()).projectSetting('database_uri'));
  const databaseOptions = async () => {
    const setting = async (name: string) => numberOf((await baseSettings()).projectSetting(name));
    const retries = (await setting('database_max_retries')) ?? 0;
    const seconds = (await setting('database_retry_timeout')) ?? 0;
    return { uri: await databaseUri(), cwd, env, readOnly, connecting: { retries, seconds } };
  };
  /** A server has to be asked whether it has the tables; what was opened for that is gone on with. */
  const existingDatabase = once(async () => (await loadStores()).openExistingDatabase(await databaseOptions()));
  const isServer = async () => databaseKind(await databaseUri()) === 'postgres';
  const database = once(async () => {
    const existing = (await isServer()) ? await existingDatabase() : undefined;
    return existing ?? (await loadStores()).openSystemDatabase(await databaseOptions());
  });
  const isDatabaseThere = async () => {
    if (await isServer()) return ((await database.made()) ?? (await existingDatabase())) !== undefined;
    const { file } = parseSqliteUri(await databaseUri(), cwd);
    return file !== undefined && existsSync(file);
  };
  const settings = once(async () => {
    if (!(await isDatabaseThere())) return baseSettings();
    const { readStoredSettings } = await loadStores();
    const stored = await readStoredSettings(await database());
    return stored.size === 0 ? baseSettings() : withSettings(stored);
  });
  const settingsTable = async (make: boolean) => {
    if (!make && !(await isDatabaseThere())) return undefined;
    const { openSettingsTable } = await loadStores();
    return openSettingsTable(await database());
  };
  const history = once(async () => {
    const { openHistory } = await loadStores();
    return openHistory(await database());
  });
  const openState = async (there: Partial<StateBackendSettings> = {}) => {
    const { openStateBackend, versionRetention } = await loadStores();
    const resolver = await settings();
    const setting = (name: string) => resolver.projectSetting(`state_backend.${name}`);
    return openStateBackend({
      uri: String(setting('uri') ?? ''),
      databaseUri: await databaseUri(),
      sysDir: project.sysDir,
      locate: () => resolver.projectSettings().get('state_backend.uri')?.origin.at,
      systemDatabase: database,
      setting: (name) => textOf(setting(name)),
      lockTimeoutSeconds: numberOf(setting('lock_timeout_seconds')),
      lockRetrySeconds: numberOf(setting('lock_retry_seconds')),
      keptVersions: versionRetention((name) => resolver.projectSetting(name)),
      readOnly,
      ...there,
    });
  };
  const state = once(() => openState());
  const others: { close(): Promise<void> }[] = [];
  const stateAt = async (uri: string) => {
    mask.add(passwordsInUrls(uri));
    const isDatabase = /^(sqlite|postgres(ql)?)(\+\w+)?:\/\//i.test(uri);
    const other = async () => {
      const { openSystemDatabase } = await loadStores();
      const opened = await openSystemDatabase({ ...(await databaseOptions()), uri });
      others.push(opened);
      return opened;
    };
    const there = isDatabase ? { uri: 'systemdb', systemDatabase: other } : { uri };
    const backend = await openState({ ...there, locate: undefined });
    others.push(backend);
    return backend;
  };
  const installer = once(async () => {
    const { createInstaller } = await loadStores();
    return createInstaller({ project, settings: await settings(), env, mask: mask.text, hide: mask.add });
  });
  const hub = once(async () => {
    const { openHub } = await import('./install/hub/open-hub.js');
    const resolver = await baseSettings();
    const setting = (name: string) => textOf(resolver.projectSetting(name));
    return openHub({
      hubUrl: setting('hub_url') ?? '',
      hubApiRoot: setting('hub_api_root'),
      hubUrlAuth: setting('hub_url_auth'),
      base: project.root,
      version: packageFile.version,
      env,
    });
  });
  const fetchLocks = async (words?: readonly string[]) => {
    const missing = missingLocks(project, words);
    if (missing.length === 0) return;
    const readonly = (await baseSettings()).projectSetting('project_readonly') === true;
    const sink = await log();
    await fetchMissingLocks(project, missing, {
      hub: await hub(),
      readonly,
      report: ({ name, type }, error) => {
        if (error === undefined) sink.info(`Locked the definition of ${name} (${type}) from the hub`);
        else
          sink.warning(`${name} has no lock file, and none can be had: ${error.message}`, {
            code: error.code,
            hint: error.hint,
          });
      },
    });
  };
  const existingHistory = async () => ((await isDatabaseThere()) ? history() : undefined);
  const log = once(async () => openLog(options, mask, await baseSettings()));
  const world = once(async (): Promise<World> => {
    ensureSystemDirectory(project);
    return {
      project,
      plugins: await plugins(),
      settings: await settings(),
      installer: await installer(),
      history,
      state,
      env,
      cwd,
      runDirRoot: join(project.sysDir, 'run'),
      mask,
      pluginLogLevel: pluginLogLevel(await log()),
    };
  });

  return {
    project,
    mask,
    stderr,
    env,
    plugins,
    settings,
    settingsTable,
    installer,
    hub,
    fetchMissingLocks: fetchLocks,
    existingHistory,
    history,
    state,
    stateAt,
    log,
    world,
    async close() {
      for (const opened of others) await opened.close();
      for (const opened of [state, history, database, existingDatabase, hub]) await (await opened.made())?.close();
    },
  };
}

/** Definitions of the plugins that we ship, where the project has any of them. */
async function bundledOf(project: Project): Promise<BundledDefinitions> {
  const entries = Object.values(project.pluginEntries).flat();
  if (!entries.some(({ variant }) => variant === 'tapline')) return {};
  const { bundledDefinitions } = await import('./bundled/definitions.js');
  return Object.fromEntries(Object.entries(bundledDefinitions).map(([name, definition]) => [name, { ...definition }]));
}

/** Project settings that the command line sets. */
function overridesOf({ databaseUri, log, defaultLogLevel: _ }: SessionOptions): Record<string, unknown> {
  const format = log.format?.replaceAll('-', '_');
  const given = {
    database_uri: databaseUri,
    'cli.log_level': log.level,
    'cli.log_format': format,
    'cli.log_config': log.config,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

async function openLog(
  { log, defaultLogLevel, cwd, stderr, env }: SessionOptions,
  mask: Mask,
  settings: SettingsResolver,
): Promise<Log> {
  const setting = (name: string): string | undefined => {
    const value = settings.projectSetting(name);
    return value === undefined || value === null ? undefined : String(value);
  };
  const { origin } = settings.projectSettings().get('cli.log_level') ?? { origin: { layer: 'default' } };
  const level = origin.layer === 'default' ? (defaultLogLevel ?? setting('cli.log_level')) : setting('cli.log_level');
  const chosen = await chooseLogSettings({
    options: log,
    settings: { level, format: setting('cli.log_format'), config: setting('cli.log_config') },
    cwd,
  });
  return createLog({ settings: chosen, stderr, mask, env });
}

/** As in the original, plugins log from the level on that our own log shows: the lowest of its outputs, in Python's words. */
function pluginLogLevel({ settings: { outputs } }: Log): string | undefined {
  const lowest = logThresholds.find((threshold) => outputs.some(({ level }) => level === threshold));
  return lowest === 'disabled' ? 'CRITICAL' : lowest?.toUpperCase();
}

interface Once<T> {
  (): Promise<T>;
  /** What it made, without making it; undefined also where making it failed. */
  made(): Promise<T | undefined>;
}

function once<T>(make: () => Promise<T>): Once<T> {
  let making: Promise<T> | undefined;
  const get = (): Promise<T> => {
    making ??= make();
    return making;
  };
  return Object.assign(get, { made: async () => making?.catch(() => undefined) });
}

function textOf(value: unknown): string | undefined {
  return value === undefined || value === null || value === '' ? undefined : String(value);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
