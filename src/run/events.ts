/**
 * The events of a run, for subscribers (observe/, callers of the library). Public and safe as JSON: no secrets, no functions,
 * no record data. Texts are masked before a subscriber sees them.
 */
import type { SourceLocation } from '../errors.js';
import type { InspectionReport } from '../singer/inspection/inspection.js';

export type ProcessRole = 'tap' | 'mapper' | 'target' | 'command' | 'discovery';
export type BlockKind = 'chain' | 'command';
/** The kinds of section. */
export type ScopeKind = 'step' | 'pipeline';
export type BlockStatus = 'success' | 'failed' | 'stopped' | 'skipped' | 'not_started';
export type LogLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical';

/** An error as it travels in events, history and JSON logs. */
export interface ErrorInfo {
  code: string;
  message: string;
  hint?: string | undefined;
  at?: SourceLocation | undefined;
  data?: Record<string, unknown> | undefined;
}

/** Counts of a chain. Extracted: read from the tap. Loaded: covered by a state that the target printed, or by its clean exit. */
export interface ChainCounts {
  recordsExtracted: number;
  recordsLoaded: number;
  bytesExtracted: number;
  states: number;
  oddLines: number;
  /** Files that BATCH messages named; their records are not counted. */
  batchFiles?: number | undefined;
}

/** What a chain waits for, in percent of the elapsed time. */
export interface ChainPressure {
  waitingForTap: number;
  waitingForTarget: number;
}

export interface EventEnvelope {
  version: 1;
  /** Counts from 1 in a run, without gaps. */
  sequence: number;
  /** ISO 8601, UTC, milliseconds. */
  time: string;
  runId: string;
  /** The number path of a block or section in the plan, e.g. `2` or `1.3`; absent if the event concerns the whole run. */
  blockId?: string | undefined;
  parentId?: string | undefined;
  attempt?: number | undefined;
}

export interface ProcessOutcome {
  role: ProcessRole;
  plugin: string;
  exitCode: number | null;
  signal: string | null;
  /** The last lines of its stderr, oldest first, masked. */
  lastLines: string[];
  /** Why it failed, as far as its output says: the reason, then up to five lines of detail. */
  cause: string[];
}

export type RunEventBody =
  | { type: 'run.started'; words: string[]; environment: string | null; blocks: number; jobs: number; dryRun: boolean }
  | {
      type: 'run.finished';
      status: 'success' | 'failed' | 'stopped' | 'skipped';
      durationSeconds: number;
      exitCode: number;
      error?: ErrorInfo | undefined;
      blocks: BlockSummary[];
    }
  | {
      type: 'block.planned';
      kind: BlockKind;
      name: string;
      plugins: string[];
      stateId?: string | undefined;
      window?: string | undefined;
    }
  | {
      type: 'block.waiting';
      name: string;
      for: 'lease' | 'concurrency';
      holder?: string | undefined;
    }
  | {
      type: 'block.started';
      kind: BlockKind;
      name: string;
      plugins: string[];
      stateId?: string | undefined;
      window?: string | undefined;
    }
  /** Once per block, after its last attempt. */
  | { type: 'block.finished'; summary: BlockSummary }
  /** An attempt failed (the envelope says which, `summary` how). The next one starts after the delay; `attempts` is the maximum. */
  | { type: 'block.retrying'; attempts: number; delaySeconds: number; summary: BlockSummary }
  | { type: 'scope.started'; kind: ScopeKind; name: string }
  | {
      type: 'scope.finished';
      kind: ScopeKind;
      name: string;
      status: BlockStatus;
      durationSeconds: number;
      error?: ErrorInfo | undefined;
    }
  | {
      type: 'lease.acquired' | 'lease.released' | 'lease.lost' | 'lease.reclaimed';
      stateId: string;
      token: number;
      owner?: string | undefined;
    }
  | {
      type: 'catalog.ready';
      plugin: string;
      source: 'discovery' | 'cache' | 'file';
      streams: number;
      selected: number;
      durationSeconds: number;
    }
  | { type: 'state.loaded'; stateId: string; found: boolean; ignored: boolean }
  | {
      type: 'install.started' | 'install.finished' | 'install.skipped';
      plugin: string;
      pluginType: string;
      durationSeconds?: number | undefined;
      reason?: string | undefined;
    }
  | { type: 'process.started'; role: ProcessRole; plugin: string; pid: number }
  | {
      type: 'process.exited';
      role: ProcessRole;
      plugin: string;
      pid: number;
      exitCode: number | null;
      signal: string | null;
    }
  | {
      type: 'plugin.log';
      role: ProcessRole;
      plugin: string;
      pluginType: string;
      stdio: 'stdout' | 'stderr';
      level: LogLevel;
      message: string;
      fields?: Record<string, unknown> | undefined;
      stateId?: string | undefined;
    }
  | { type: 'schema'; plugin: string; stream: string; schema: unknown; keyProperties: string[]; changed: boolean }
  /** With `inspect`, at the end of each chain: what its tap wrote. */
  | { type: 'inspection'; name: string; report: InspectionReport }
  | {
      type: 'progress';
      name: string;
      counts: ChainCounts;
      pressure: ChainPressure;
      elapsedSeconds: number;
    }
  | { type: 'checkpoint'; stateId: string; stateVersion: number; recordsLoaded: number; saved: 'completed' | 'partial' }
  | {
      type: 'stop';
      reason: 'signal' | 'timeout' | 'failure' | 'lease';
      signal?: string | undefined;
      second: boolean;
    }
  | { type: 'log'; level: LogLevel; message: string; fields?: Record<string, unknown> | undefined }
  | { type: 'warning'; code: string; message: string; hint?: string | undefined; at?: SourceLocation | undefined };

export type RunEvent = EventEnvelope & RunEventBody;
export type RunSubscriber = (event: RunEvent) => void;

export interface BlockSummary {
  blockId: string;
  kind: BlockKind;
  name: string;
  plugins: string[];
  stateId?: string | undefined;
  /** The window of a backfill: `[2023-01-01, 2023-01-08)`. */
  window?: string | undefined;
  /** Names of the pipeline and run step that contain it, outermost first. */
  scopes?: string[] | undefined;
  status: BlockStatus;
  durationSeconds: number;
  counts?: ChainCounts | undefined;
  pressure?: ChainPressure | undefined;
  processes: ProcessOutcome[];
  /** Number of attempts, if more than one. */
  attempts?: number | undefined;
  /** Exit codes as the original's log field shows them, e.g. `{ extractors: 7 }`. */
  exitCodes?: Record<string, number> | undefined;
  error?: ErrorInfo | undefined;
}
