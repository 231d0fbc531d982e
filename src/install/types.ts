import type { Plugin } from '../plugins/types.js';

export interface InstallOutcome {
  plugin: Plugin;
  status: 'installed' | 'current' | 'not_installable' | 'failed' | 'skipped';
  durationSeconds: number;
  reason?: string | undefined;
}

export interface Installer {
  /** Installs what of these has no venv with the right fingerprint; in parallel; two runners at once do it once. Throws INSTALL_FAILED with the tool's last lines. */
  ensure(plugins: readonly Plugin[], options: { mode: 'auto' | 'install'; clean?: boolean | undefined; force?: boolean | undefined; parallelism?: number | undefined }): Promise<InstallOutcome[]>;
  /** The program of a plugin (or of a command's own `executable`) and what its environment gets: VIRTUAL_ENV, PATH. */
  executable(plugin: Plugin, commandExecutable?: string): { file: string; args: string[]; env: Record<string, string>; unsetEnv: string[] };
}
