/** The state backends of a session: the project's own, and others by their URI. */
import type { Mask } from '../observe/mask.js';
import type { Project } from '../project/types.js';
import { passwordsInUrls } from '../settings/secrets.js';
import type { SettingsResolver } from '../settings/types.js';
import type { StateBackendSettings } from '../state/open.js';
import type { StateBackend } from '../state/port.js';
import { loadStores, type SessionDatabase } from './database.js';
import { type Lazy, lazy } from './lazy.js';
import { numberSetting, textSetting } from './read-setting.js';

interface Needs {
  project: Project;
  mask: Mask;
  settings(): Promise<SettingsResolver>;
  database: SessionDatabase;
  readOnly: boolean;
}

export interface SessionState {
  own: Lazy<StateBackend>;
  openAt(uri: string): Promise<StateBackend>;
  /** Closes what `openAt` opened. */
  closeOthers(): Promise<void>;
}

export function createSessionState(needs: Needs): SessionState {
  const { mask, database } = needs;
  const others: { close(): Promise<void> }[] = [];
  const openAt = async (uri: string) => {
    mask.add(passwordsInUrls(uri));
    const isDatabase = /^(sqlite|postgres(ql)?)(\+\w+)?:\/\//i.test(uri);
    const systemDatabase = async () => {
      const opened = await database.openAt(uri);
      others.push(opened);
      return opened;
    };
    const target = isDatabase ? { uri: 'systemdb', systemDatabase } : { uri };
    const backend = await openBackend(needs, { ...target, locate: undefined });
    others.push(backend);
    return backend;
  };
  return {
    own: lazy(() => openBackend(needs, {})),
    openAt,
    async closeOthers() {
      for (const opened of others) await opened.close();
    },
  };
}

async function openBackend(
  { project, settings, database, readOnly }: Needs,
  target: Partial<StateBackendSettings>,
): Promise<StateBackend> {
  const { openStateBackend, versionRetention } = await loadStores();
  const resolver = await settings();
  const text = (name: string) => textSetting(resolver, `state_backend.${name}`);
  const number = (name: string) => numberSetting(resolver, `state_backend.${name}`);
  return openStateBackend({
    uri: text('uri') ?? '',
    databaseUri: await database.uri(),
    sysDir: project.sysDir,
    locate: () => resolver.projectSettings().get('state_backend.uri')?.origin.at,
    systemDatabase: database.open,
    setting: text,
    lockTimeoutSeconds: number('lock_timeout_seconds'),
    lockRetrySeconds: number('lock_retry_seconds'),
    keptVersions: versionRetention((name) => resolver.projectSetting(name)),
    readOnly,
    ...target,
  });
}
