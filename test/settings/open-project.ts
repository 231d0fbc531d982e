import { join } from 'node:path';
import { openPlugins } from '../../src/plugins/plugins.js';
import type { Plugins } from '../../src/plugins/types.js';
import { loadProject } from '../../src/project/load.js';
import type { Project } from '../../src/project/types.js';
import { createSettings } from '../../src/settings/resolver.js';
import type { ResolvedPlugin, ResolveOptions, SettingsResolver, StoredSettings } from '../../src/settings/types.js';
import { makeFolder } from '../project/project-folder.js';

export interface OpenOptions {
  env?: Record<string, string> | undefined;
  environment?: string | undefined;
  dotenv?: string | undefined;
  overrides?: Record<string, unknown> | undefined;
  stored?: StoredSettings | undefined;
}

export interface OpenProject {
  project: Project;
  plugins: Plugins;
  settings: SettingsResolver;
  resolve(name: string, options?: ResolveOptions): ResolvedPlugin;
}

/** A project with this meltano.yml in a fresh folder, its settings read with these variables and no others. */
export async function openProject(yaml: string, options: OpenOptions = {}): Promise<OpenProject> {
  const { env = {}, environment, dotenv, overrides, stored } = options;
  const cwd = makeFolder({ 'meltano.yml': yaml, ...(dotenv === undefined ? {} : { '.env': dotenv }) });
  const project = await loadProject({ cwd, env, environment: environment ?? null, envFile: join(cwd, '.env') });
  const plugins = openPlugins(project);
  const settings = createSettings(project, plugins, { env, overrides, stored });
  return { project, plugins, settings, resolve: (name, how) => settings.plugin(plugins.get(name), how) };
}

/** A utility `box` with these setting definitions (YAML flow form) and further lines of its entry. */
export function box(settings: string, entry: Record<string, string> = {}): string {
  const lines = Object.entries(entry).map(([key, value]) => `    ${key}: ${value}\n`);
  return `plugins:\n  utilities:\n  - name: box\n    namespace: box\n    executable: ./box\n    settings: [${settings}]\n${lines.join('')}`;
}
