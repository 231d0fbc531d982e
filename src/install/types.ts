import type { Plugin } from '../plugins/types.js';

export interface InstallOutcome {
  plugin: Plugin;
  status: 'installed' | 'current' | 'not_installable' | 'failed' | 'skipped';
  durationSeconds: number;
  reason?: string | undefined;
}

/** Progress of an install; the run's events of these names carry the same. */
export type InstallEvent =
  | {
      type: 'install.started' | 'install.finished' | 'install.skipped';
      plugin: string;
      pluginType: string;
      durationSeconds?: number | undefined;
      reason?: string | undefined;
    }
  | { type: 'warning'; code: string; message: string; hint?: string | undefined };

export interface EnsureOptions {
  mode: 'auto' | 'install';
  clean?: boolean | undefined;
  force?: boolean | undefined;
  /** Default: as many as the machine has processors; below 1: no limit. */
  parallelism?: number | undefined;
  report?: ((event: InstallEvent) => void) | undefined;
  /** Ends the tools' process groups; `ensure` then throws INTERRUPTED. */
  signal?: AbortSignal | undefined;
  /** Told of each tool's process group, so that it is ended even where this process is killed. */
  watcher?: GroupWatcher | undefined;
}

export interface GroupWatcher {
  watchGroup(groupId: number): void;
  forgetGroup(groupId: number): void;
}

/** How to start a plugin's program, apart from the arguments that the plugin itself gets. */
export interface Executable {
  file: string;
  args: string[];
  env: Record<string, string>;
  unsetEnv: string[];
}

export interface Installer {
  /**
   * Installs what of these has no venv with the right fingerprint; in parallel; two runners at once do it once.
   * Throws INSTALL_FAILED with the tool's last lines, after the others have ended; `data.outcomes` has what became of each.
   */
  ensure(plugins: readonly Plugin[], options: EnsureOptions): Promise<InstallOutcome[]>;
  /**
   * The program of a plugin (or of a command's own `executable`) and what its environment gets: VIRTUAL_ENV, PATH.
   * `env` is the environment that the process will have; its PATH is searched. Throws EXECUTABLE_MISSING.
   */
  executable(plugin: Plugin, commandExecutable?: string, env?: Readonly<Record<string, string>>): Executable;
}
