import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInstaller } from '../../src/install/installer.js';
import type { InstallEvent } from '../../src/install/types.js';
import type { Plugin } from '../../src/plugins/types.js';
import type { Project } from '../../src/project/types.js';
import { expandText, lookupIn } from '../../src/settings/expand.js';
import type { SettingsResolver } from '../../src/settings/types.js';

export interface Rig {
  root: string;
  sysDir: string;
  events: InstallEvent[];
  installer: ReturnType<typeof createInstaller>;
  report: (event: InstallEvent) => void;
}

export interface RigOptions {
  settings?: Record<string, unknown>;
  env?: Record<string, string>;
  dotenv?: Record<string, string>;
  root?: string;
  secrets?: string[];
  /** Unset variables are errors. */
  strict?: boolean;
}

/** An installer over a fresh folder; settings are what the test says. No index is asked for anything. */
export async function installRig(options: RigOptions = {}): Promise<Rig> {
  const root = options.root ?? (await realpath(await mkdtemp(join(tmpdir(), 'install-'))));
  const sysDir = join(root, '.meltano');
  const env = { ...process.env, UV_OFFLINE: '1', PIP_NO_INDEX: '1', ...options.env } as Record<string, string>;
  const dotenv = options.dotenv ?? {};
  const project = { root, sysDir, dotenv, env: {} } as unknown as Project;
  const settings = {
    projectSetting: (name: string) => options.settings?.[name],
    projectEnv: () => ({ ...env, ...dotenv, MELTANO_PROJECT_ROOT: root }),
    expand: (text: string, variables: Record<string, string | undefined>) =>
      expandText(text, lookupIn(variables), options.strict ?? false),
  } as unknown as SettingsResolver;
  const mask = (text: string) => (options.secrets ?? []).reduce((all, secret) => all.replaceAll(secret, '*****'), text);
  const events: InstallEvent[] = [];
  const report = (event: InstallEvent) => events.push(event);
  return { root, sysDir, events, report, installer: createInstaller({ project, settings, env, mask }) };
}

export function pluginWith(entry: Partial<Plugin> & { name: string }): Plugin {
  const namespace = entry.name.replaceAll('-', '_');
  const given = {
    type: 'extractors',
    singular: 'extractor',
    namespace,
    executable: entry.name,
    venvOwner: entry.name,
    env: {},
  };
  return { ...given, bundled: false, variant: undefined, ...entry } as unknown as Plugin;
}
