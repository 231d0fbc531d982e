/** The state backend that `state_backend.uri` names. A new one is one entry in `backends`, and a folder. */
import { type ChosenBackend, chooseBackend, type StateBackendWords } from './choose-backend.js';
import type { VersionRetention } from './kept-versions.js';
import type { StateBackend } from './port.js';
import type { Database } from './systemdb/database.js';
import { SystemdbStateBackend } from './systemdb/state-backend.js';

export interface StateBackendSettings extends StateBackendWords {
  /** Only called where the backend is the system database. */
  systemDatabase: () => Promise<Database>;
  /** A setting of one kind of store: `s3.endpoint_url`. */
  setting?: ((name: string) => string | undefined) | undefined;
  /** The original's settings of the lock that it keeps around each write: 10 and 1. */
  lockTimeoutSeconds?: number | undefined;
  lockRetrySeconds?: number | undefined;
  /** `tapline.state_versions`, or its defaults. */
  keptVersions?: VersionRetention | undefined;
  /** Creates and changes nothing, for commands that only read. */
  readOnly?: boolean | undefined;
}

type Opener = (settings: StateBackendSettings) => Promise<StateBackend>;

const backends: Record<ChosenBackend['kind'], Opener> = {
  systemdb: async (settings) => {
    return new SystemdbStateBackend(await settings.systemDatabase(), settings.keptVersions);
  },
  file: async (settings) => {
    const { openFilesystemState } = await import('./filesystem/state-backend.js');
    return openFilesystemState(settings);
  },
  s3: async (settings) => {
    const { openS3State } = await import('./objectstore/s3/open.js');
    return openS3State({ ...settings, setting: (name) => settings.setting?.(`s3.${name}`) });
  },
};

/** Throws STATE_BACKEND_UNKNOWN, STATE_BACKEND_SETTINGS, and the errors of the backend itself. */
export async function openStateBackend(settings: StateBackendSettings): Promise<StateBackend> {
  const { kind, uri } = chooseBackend(settings);
  return backends[kind]({ ...settings, uri });
}
