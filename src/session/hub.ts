/** The hub of a session, and the lock files that are fetched from it. */
import packageFile from '../../package.json' with { type: 'json' };
import { fetchMissingLocks, missingLocks } from '../install/hub/fetch-missing-locks.js';
import type { Hub } from '../install/hub/types.js';
import type { Log } from '../observe/log.js';
import type { Project } from '../project/types.js';
import type { SettingsResolver } from '../settings/types.js';
import { type Lazy, lazy } from './lazy.js';
import { textSetting } from './read-setting.js';

interface Needs {
  env: NodeJS.ProcessEnv;
  settings(): Promise<SettingsResolver>;
  log(): Promise<Log>;
}

export interface SessionHub {
  hub: Lazy<Hub>;
  fetchMissingLocks(words?: readonly string[]): Promise<void>;
}

export function createSessionHub(project: Project, { env, settings, log }: Needs): SessionHub {
  const hub = lazy(async () => {
    const { openHub } = await import('../install/hub/open-hub.js');
    const resolver = await settings();
    return openHub({
      hubUrl: textSetting(resolver, 'hub_url') ?? '',
      hubApiRoot: textSetting(resolver, 'hub_api_root'),
      hubUrlAuth: textSetting(resolver, 'hub_url_auth'),
      base: project.root,
      version: packageFile.version,
      env,
    });
  });
  const fetchLocks = async (words?: readonly string[]) => {
    const missing = missingLocks(project, words);
    if (missing.length === 0) return;
    const readonly = (await settings()).projectSetting('project_readonly') === true;
    const sink = await log();
    await fetchMissingLocks(project, missing, {
      hub: await hub(),
      readonly,
      report: ({ name, type }, error) => {
        if (error === undefined) return sink.info(`Locked the definition of ${name} (${type}) from the hub`);
        const details = { code: error.code, hint: error.hint };
        sink.warning(`${name} has no lock file, and it could not be fetched: ${error.message}`, details);
      },
    });
  };
  return { hub, fetchMissingLocks: fetchLocks };
}
