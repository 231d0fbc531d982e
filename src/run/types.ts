import type { History } from '../history/port.js';
import type { Installer } from '../install/types.js';
import type { BlockOptions, RetryPart } from '../plan/types.js';
import type { Plugins } from '../plugins/types.js';
import type { Project } from '../project/types.js';
import type { SettingsResolver } from '../settings/types.js';
import type { StateBackend } from '../state/port.js';
import type { BlockSummary, ErrorInfo } from './events.js';
import type { RunRequest } from './run-request.js';

/** Hides secrets in texts; the run adds those of each plugin once its settings are resolved. See `Mask` in observe/. */
export interface SecretMask {
  /** Returns those that are new and weak. */
  add(secrets: Iterable<string>): string[];
  /** What a plugin or a user wrote. */
  text(text: string): string;
  /** What Tapline wrote. */
  own(text: string): string;
  /** A copy of a value that Tapline built. */
  value<T>(value: T): T;
}

/** What a run works with. The stores are opened on first use only. */
export interface World {
  project: Project;
  plugins: Plugins;
  settings: SettingsResolver;
  installer: Installer;
  history(): Promise<History>;
  state(): Promise<StateBackend>;
  /** The process environment. */
  env: Readonly<Record<string, string | undefined>>;
  /** Where plugins are started, as in the original: the caller's folder (after `--cwd`), not the project's. */
  cwd: string;
  /** `.meltano/run`: below it each plugin's cached catalog and `tapline/<run id>/`. */
  runDirRoot: string;
  mask: SecretMask;
  /** The level of plugins' own logging set-up, `INFO` by default. */
  pluginLogLevel?: string | undefined;
}

/** What happens when a block fails: let the running ones finish (default), stop them too, or run the rest all the same. */
export type FailurePolicy = 'finish-running' | 'fail-fast' | 'run-rest';

/** What happens when a block's lease is held: fail (default), wait for it, or skip (exit code 99). */
export type IfRunning = 'fail' | 'wait' | 'skip';

export interface RunOptions {
  /** Any text that is unique; the original takes UUIDs only. */
  runId: string;
  /** Blocks at once: 1 by default, in a run step one for each CPU. */
  jobs?: number | undefined;
  /** How often blocks that fail are tried again, where neither plugin nor pipeline says it: never by default. */
  retry?: RetryPart | undefined;
  onFailure?: FailurePolicy | undefined;
  ifRunning?: IfRunning | undefined;
  install?: 'auto' | 'skip' | 'only' | undefined;
  dryRun?: boolean | undefined;
  /** For blocks that do not say it themselves. */
  defaults?: BlockOptions | undefined;
  strictSinger?: boolean | undefined;
  timeoutSeconds?: number | undefined;
  /** `cli` by default, or MELTANO_JOB_TRIGGER. */
  trigger?: string | undefined;
  /** Kept with the run, so that it can be taken up. */
  request?: RunRequest | undefined;
  /** The run whose rest this one does. */
  retryOf?: string | undefined;
  /** Listen to INT, TERM and HUP of this process. Off by default: a library must not. */
  handleSignals?: boolean | undefined;
  /** Stops gracefully when aborted. */
  signal?: AbortSignal | undefined;
}

export interface RunResult {
  runId: string;
  status: 'success' | 'failed' | 'stopped' | 'skipped';
  exitCode: number;
  durationSeconds: number;
  blocks: BlockSummary[];
  error?: ErrorInfo | undefined;
}
