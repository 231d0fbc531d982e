import type { History } from '../history/port.js';
import type { Installer } from '../install/types.js';
import type { BlockOptions, RetryPart } from '../plan/types.js';
import type { Plugins } from '../plugins/types.js';
import type { Project } from '../project/types.js';
import type { SettingsResolver } from '../settings/types.js';
import type { StateBackend } from '../state/port.js';
import type { BlockSummary, ErrorInfo } from './events.js';

/** Masks secrets in texts; the run adds those of each plugin when its settings are resolved. See `Mask` in observe/. */
export interface SecretMask {
  /** Returns the new weak ones. */
  add(secrets: Iterable<string>): string[];
  /** Masks text of a plugin or a user. */
  text(text: string): string;
  /** Masks text of Tapline. */
  own(text: string): string;
  /** Returns a masked copy of a value that Tapline built. */
  value<T>(value: T): T;
}

/** What a run works with. The stores open on first use. */
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
  /** `.meltano/run`, which holds each plugin's cached catalog and `tapline/<run id>/`. */
  runDirRoot: string;
  mask: SecretMask;
  /** The level in the logging configuration that plugins get; `INFO` by default. */
  pluginLogLevel?: string | undefined;
}

/** When a block fails: let the running ones finish (default), stop them, or keep going with the rest. */
export type FailurePolicy = 'finish-running' | 'fail-fast' | 'run-rest';

/** When another run holds a block's lease: fail (default), wait, or skip (exit code 99). */
export type IfRunning = 'fail' | 'wait' | 'skip';

export interface RunOptions {
  /** Any unique text; the original takes only UUIDs. */
  runId: string;
  /** Maximum number of blocks that run in parallel: 1 by default, in a run step one per CPU, at least 4. */
  jobs?: number | undefined;
  /** Retries of failed blocks for which neither plugin nor pipeline sets any: none by default. */
  retry?: RetryPart | undefined;
  onFailure?: FailurePolicy | undefined;
  ifRunning?: IfRunning | undefined;
  install?: 'auto' | 'skip' | 'only' | undefined;
  dryRun?: boolean | undefined;
  /** Options of blocks that do not set their own. */
  defaults?: BlockOptions | undefined;
  strictSinger?: boolean | undefined;
  /** Look into what taps write, and emit a report at the end of each chain. */
  inspect?: boolean | undefined;
  timeoutSeconds?: number | undefined;
  /** `cli` by default, or MELTANO_JOB_TRIGGER. */
  trigger?: string | undefined;
  /** Stored with the run, so that it can be resumed. */
  request?: RunRequest | undefined;
  /** The run that this one resumes. */
  retryOf?: string | undefined;
  /** Handle INT, TERM and HUP of this process. Off by default: a library must not. */
  handleSignals?: boolean | undefined;
  /** Stops gracefully when aborted. */
  signal?: AbortSignal | undefined;
}

/** How a run was called and what it planned: stored with its row, so that `tapline retry` can resume it. */
export interface RunRequest {
  /** The command that started the run. Only a `run` can be resumed. */
  command: string;
  /** The schedule that started the run: its variables are set again. */
  schedule?: string | undefined;
  options: RequestOptions;
  /** All blocks of the plan, including those that an earlier run finished. */
  blocks: PlannedBlock[];
  /** IDs of the blocks that earlier runs finished. */
  done: string[];
}

export interface RequestOptions
  extends Pick<
    RunOptions,
    'jobs' | 'onFailure' | 'ifRunning' | 'install' | 'strictSinger' | 'timeoutSeconds' | 'retry'
  > {
  defaults?: BlockOptions | undefined;
}

/** What identifies a block across runs. */
export interface PlannedBlock {
  id: string;
  name: string;
  stateId: string | null;
  /** The arguments of a plugin command. */
  args: readonly string[];
}

export interface RunResult {
  runId: string;
  status: 'success' | 'failed' | 'stopped' | 'skipped';
  exitCode: number;
  durationSeconds: number;
  blocks: BlockSummary[];
  error?: ErrorInfo | undefined;
}
