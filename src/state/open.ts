/** The state backend that `state_backend.uri` names. A new one is a line in this map, and a folder. */
import { TaplineError } from '../errors.js';
import type { VersionRetention } from './kept-versions.js';
import type { StateBackend } from './port.js';
import type { Database } from './systemdb/database.js';
import { SystemdbStateBackend } from './systemdb/state-backend.js';

export interface StateBackendSettings {
  /** The setting `state_backend.uri`, expanded; `systemdb` is its default. */
  uri: string;
  /** Only called where the backend is the system database. */
  systemDatabase: () => Promise<Database>;
  /** The original's settings of the lock file that it keeps around each write: 10 and 1. */
  lockTimeoutSeconds?: number | undefined;
  lockRetrySeconds?: number | undefined;
  /** `tapline.state_versions`; its defaults where it is left out. */
  keptVersions?: VersionRetention | undefined;
  /** Makes and changes nothing, for commands that only look. */
  readOnly?: boolean | undefined;
}

type Opener = (settings: StateBackendSettings) => Promise<StateBackend>;

const backends: Record<string, Opener> = {
  systemdb: async (settings) => {
    return new SystemdbStateBackend(await settings.systemDatabase(), settings.keptVersions);
  },
  file: async (settings) => {
    const { openFilesystemState } = await import('./filesystem/state-backend.js');
    return openFilesystemState(settings);
  },
};

/** Throws STATE_BACKEND_UNKNOWN, and what the backend itself throws when its place can't be used. */
export async function openStateBackend(settings: StateBackendSettings): Promise<StateBackend> {
  const scheme = schemeOf(settings.uri);
  const open = Object.hasOwn(backends, scheme) ? backends[scheme] : undefined;
  if (open === undefined) throw unknownBackend(scheme);
  return open(settings);
}

function schemeOf(uri: string): string {
  const trimmed = uri.trim();
  return /^([A-Za-z][\w+.-]*):/.exec(trimmed)?.[1]?.toLowerCase() ?? trimmed;
}

function unknownBackend(scheme: string): TaplineError {
  const known = 'Supported now: systemdb (the default) and file:///absolute/folder.';
  const message = scheme === '' ? 'state_backend.uri is empty.' : `There is no state backend for "${scheme}".`;
  return new TaplineError('STATE_BACKEND_UNKNOWN', message, {
    hint: `${known} To move a state here: \`meltano state get ID > state.json\` where it is, then \`tapline state set ID --input-file state.json\`.`,
    data: { scheme },
  });
}
