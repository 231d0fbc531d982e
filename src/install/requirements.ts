import { join } from 'node:path';
import type { Plugin } from '../plugins/types.js';
import { fingerprint } from './fingerprint.js';
import type { InstallerWorld } from './installer.js';
import { configuredInterpreter, defaultInterpreter, interpreterVersion } from './interpreter.js';
import { namedVariables, pipArguments, pythonVersionVariable } from './pip-arguments.js';
import { installedFingerprint, type Venv, venvOf, venvPythonVersion } from './venv.js';

/** What a plugin's venv must hold. */
export interface Requirement {
  venv: Venv;
  args: string[];
  /** The configured one; undefined where the default serves. */
  interpreter: string | undefined;
  fingerprint: string;
  /** The venv holds exactly this already. */
  current: boolean;
  /** The variable that the pip_url names and that is not set. */
  unset: string | undefined;
}

/** Works out what each plugin needs. Asks the default Python for its version once, and only where a pip_url wants to know. */
export class Requirements {
  private defaultVersion: Promise<string | undefined> | undefined;

  constructor(private readonly world: InstallerWorld) {}

  /** `auto` looks for unset variables first: nothing is expanded then, in strict mode neither. */
  async of(plugin: Plugin, mode: 'auto' | 'install'): Promise<Requirement> {
    const { project, settings } = this.world;
    const venv = venvOf(project.sysDir, plugin.type, plugin.venvOwner);
    const pipUrl = plugin.pipUrl ?? '';
    const installed = await installedFingerprint(venv);
    const interpreter = await configuredInterpreter(plugin, settings.projectSetting('python'), project.root);
    const variables = this.variables(plugin);
    const names = namedVariables(pipUrl);
    const requirementFor = (version: string | undefined): Requirement => {
      const env = { ...(version === undefined ? {} : { [pythonVersionVariable]: version }), ...variables };
      const unset = names.find((name) => !Object.hasOwn(env, name));
      const args = mode === 'auto' && unset !== undefined ? [] : pipArguments(plugin, settings.expand(pipUrl, env));
      const wanted = fingerprint(args, interpreter);
      return { venv, args, interpreter, fingerprint: wanted, current: installed === wanted, unset };
    };
    if (!names.includes(pythonVersionVariable)) return requirementFor(undefined);
    // The venv knows which Python it was made for, perhaps by the original with another default than ours.
    const asInstalled = requirementFor(await venvPythonVersion(venv));
    return asInstalled.current ? asInstalled : requirementFor(await this.version());
  }

  /** Where the original keeps what it has cached for a plugin; stale after an install. */
  cacheOf(name: string): string {
    return join(this.world.project.sysDir, 'run', name);
  }

  private version(): Promise<string | undefined> {
    const python = defaultInterpreter(this.world.env.PATH);
    this.defaultVersion ??= python === undefined ? Promise.resolve(undefined) : interpreterVersion(python);
    return this.defaultVersion;
  }

  /** The environment's own `env` is not part of it, as in the original: an install serves all environments. */
  private variables(plugin: Plugin): Record<string, string> {
    const { settings } = this.world;
    const project = settings.projectEnv();
    const prefix = `MELTANO_${plugin.singular.toUpperCase()}`;
    const variables: Record<string, string> = {
      ...project,
      [`${prefix}_NAME`]: plugin.name,
      [`${prefix}_NAMESPACE`]: plugin.namespace,
      [`${prefix}_VARIANT`]: plugin.variant ?? '',
    };
    for (const [name, value] of Object.entries(plugin.env)) variables[name] = settings.expand(value, project);
    return variables;
  }
}
