/**
 * A project opened for one command or one caller: each part on first use, once, and closed together. This folder is the only place
 * outside the stores themselves that names a concrete store.
 */
import { join } from 'node:path';
import type { History } from '../history/port.js';
import type { Hub } from '../install/hub/types.js';
import type { Installer } from '../install/types.js';
import type { Log } from '../observe/log.js';
import { createMask, type Mask } from '../observe/mask.js';
import type { StderrWriter } from '../observe/stderr.js';
import type { Plugins } from '../plugins/types.js';
import { loadProject } from '../project/load.js';
import { ensureSystemDirectory } from '../project/system-directory.js';
import type { LoadProjectOptions, Project } from '../project/types.js';
import type { World } from '../run/types.js';
import type { SettingsResolver, SettingsTable } from '../settings/types.js';
import type { StateBackend } from '../state/port.js';
import { loadStores } from './database.js';
import { createSessionHub } from './hub.js';
import { lazy } from './lazy.js';
import { openLog, pluginLogLevel } from './log.js';
import type { SessionOptions } from './session-options.js';
import { createSessionSettings } from './settings.js';
import { createSessionState } from './state.js';

export interface Session {
  readonly project: Project;
  readonly mask: Mask;
  readonly stderr: StderrWriter;
  /** The process environment that it was opened with. */
  readonly env: NodeJS.ProcessEnv;
  plugins(): Promise<Plugins>;
  settings(): Promise<SettingsResolver>;
  /** Settings in the system database. Without `make`, undefined if there is no database yet. */
  settingsTable(make: boolean): Promise<SettingsTable | undefined>;
  installer(): Promise<Installer>;
  /** Where definitions of plugins come from; contacted only when one is fetched. */
  hub(): Promise<Hub>;
  /**
   * Fetches the missing lock files of the plugins that these words name, or of all plugins without words; call it before the plugins
   * are looked up. An unreachable hub is only a warning, since the command may not need the definition.
   */
  fetchMissingLocks(words?: readonly string[]): Promise<void>;
  /** The history if the system database exists already; never creates it. */
  existingHistory(): Promise<History | undefined>;
  history(): Promise<History>;
  state(): Promise<StateBackend>;
  /** Another state backend than the project's: a `state_backend.uri` or a `database_uri`, with the project's settings otherwise. */
  stateAt(uri: string): Promise<StateBackend>;
  log(): Promise<Log>;
  /** What a run or an invoke works with. */
  world(): Promise<World>;
  /** Closes what was opened, in the order that leaves nothing unwritten. */
  close(): Promise<void>;
}

/** Reads the project around `cwd` and opens it. Throws the errors of `loadProject`. */
export async function openSession(options: SessionOptions & LoadProjectOptions): Promise<Session> {
  // Loads while the project is read: code that needs the stores waits for the same promise.
  if (options.access === 'write') loadStores().catch(() => undefined);
  const { cwd, env, environment, envFile, policy } = options;
  return createSession(await loadProject({ cwd, env, environment, envFile, policy }), options);
}

/** Opens a project that is read already. Throws RUN_DIRECTORY. */
export function createSession(project: Project, options: SessionOptions): Session {
  if (options.access === 'write') ensureSystemDirectory(project);
  const { stderr, env } = options;
  // The names of environments are in every state ID, and some are passwords too.
  const mask = createMask({ never: project.environments.map(({ name }) => name) });
  const { plugins, base, database, all: settings, table } = createSessionSettings(project, options, mask);
  const state = createSessionState({ project, mask, settings, database, readOnly: options.access === 'read' });
  const log = lazy(async () => openLog(options, mask, await base()));
  const { hub, fetchMissingLocks } = createSessionHub(project, { env, settings: base, log });
  const history = lazy(async () => (await loadStores()).openHistory(await database.open()));
  const installer = lazy(async () => {
    const { createInstaller } = await loadStores();
    return createInstaller({ project, settings: await settings(), env, mask: mask.text, hide: mask.add });
  });
  const session: Session = {
    ...{ project, mask, stderr, env, plugins, settings, installer, hub, fetchMissingLocks, history, log },
    settingsTable: table,
    existingHistory: async () => ((await database.exists()) ? history() : undefined),
    state: state.own,
    stateAt: state.openAt,
    world: lazy(() => openWorld(session, options)),
    async close() {
      await state.closeOthers();
      const opened = [state.own, history, database.open, database.existing, hub];
      for (const each of opened) await (await each.made())?.close();
    },
  };
  return session;
}

async function openWorld(session: Session, { cwd }: SessionOptions): Promise<World> {
  const { project, mask, env, history, state } = session;
  ensureSystemDirectory(project);
  return {
    project,
    plugins: await session.plugins(),
    settings: await session.settings(),
    installer: await session.installer(),
    history,
    state,
    env,
    cwd,
    runDirRoot: join(project.sysDir, 'run'),
    mask,
    pluginLogLevel: pluginLogLevel(await session.log()),
  };
}
