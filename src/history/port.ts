/** What the system database remembers of runs, whatever backend keeps the state. */
import type { LeaseStore } from '../state/port.js';

export type RunStatus = 'running' | 'success' | 'failed' | 'stopped' | 'skipped' | 'dead';

export interface NewRun {
  runId: string;
  words: string[];
  environment: string | undefined;
  trigger: string;
  host: string;
  pid: number;
  pidStart: string;
  bootId: string;
  /** With the boot ID it tells where the pid means something; this process's own where it is left out. */
  pidNamespace?: string | undefined;
  startedAt: Date;
  projectId?: string | undefined;
  /** What is needed to run it again. */
  options?: Record<string, unknown> | undefined;
  /** The run whose rest it does. */
  retryOf?: string | undefined;
}

export interface NewBlock {
  runId: string;
  blockId: string;
  parentId?: string | undefined;
  kind: 'pipeline' | 'step' | 'chain' | 'command';
  name: string;
  plugins: string[];
  stateId?: string | undefined;
  window?: { from: string; to: string } | undefined;
  attempt: number;
  options: Record<string, unknown>;
  startedAt: Date;
}

export interface FinishedBlock {
  runId: string;
  blockId: string;
  attempt: number;
  status: 'success' | 'failed' | 'stopped' | 'skipped' | 'not_started';
  endedAt: Date;
  recordsExtracted?: number | undefined;
  recordsLoaded?: number | undefined;
  bytesExtracted?: number | undefined;
  stateVersionBefore?: number | undefined;
  stateVersionAfter?: number | undefined;
  error?: Record<string, unknown> | undefined;
  exitCodes?: Record<string, number> | undefined;
}

/** A started process group; what `reclaim` kills when its runner is dead. */
export interface ProcessRow {
  runId: string;
  blockId: string;
  role: string;
  plugin: string;
  pid: number;
  groupId: number;
  /** The leader's start time (clock ticks since boot), see LeaseOwner. */
  pidStart: string;
  host: string;
  bootId: string;
  pidNamespace: string;
  /** The process that started it, on the same host. */
  runner?: { pid: number; pidStart: string } | undefined;
  startedAt: Date;
  endedAt?: Date | undefined;
  exitCode?: number | null | undefined;
  signal?: string | null | undefined;
}

export interface StreamRow {
  runId: string;
  blockId: string;
  stream: string;
  recordsExtracted: number;
  recordsLoaded: number;
  schemaHash?: string | undefined;
}

export interface RunListing {
  runId: string;
  words: string[];
  environment: string | undefined;
  status: RunStatus;
  trigger: string;
  startedAt: Date;
  endedAt: Date | undefined;
  durationSeconds: number | undefined;
  blocks: number;
  failedBlocks: number;
  recordsLoaded: number;
  retryOf: string | undefined;
  options: Record<string, unknown> | undefined;
}

export interface RunDetail extends RunListing {
  host: string;
  pid: number;
  error: Record<string, unknown> | undefined;
  blockRows: (NewBlock & Partial<FinishedBlock>)[];
  processes: ProcessRow[];
  streams: StreamRow[];
}

/** A pipeline when it ran last, in whatever run. */
export interface LastPipelineRun {
  /** Its ID. */
  name: string;
  runId: string;
  status: FinishedBlock['status'] | 'running' | 'dead';
  startedAt: Date;
  endedAt: Date | undefined;
  /** When it last ended well. */
  succeededAt: Date | undefined;
}

/** A row of the original's `runs` table; our chains keep one each so that the original respects them. */
export interface MeltanoRun {
  id: number;
  jobName: string;
  /** As a UUID with dashes. */
  runId: string;
  state: 'IDLE' | 'RUNNING' | 'SUCCESS' | 'FAIL' | 'DEAD' | 'STATE_EDIT';
  startedAt: Date | undefined;
  endedAt: Date | undefined;
  lastHeartbeatAt: Date | undefined;
  trigger: string | undefined;
  payload: Record<string, unknown>;
}

export interface MeltanoRuns {
  /**
   * Fails rows without a heartbeat for 5 minutes (24 h where there never was one), as the original does, and those of our
   * own runs whose process on this host is gone; all IDs where none is given. Returns the rows failed.
   */
  sweepStale(stateId?: string): Promise<MeltanoRun[]>;
  /** The RUNNING, not stale rows of a state ID, except `exceptId` and rows of runs that are known here to be dead on this host. */
  living(stateId: string, exceptId?: number): Promise<MeltanoRun[]>;
  /** The original's own of these that were inserted later than this row: cheap enough to ask each second. */
  meltanoAfter(stateId: string, id: number): Promise<MeltanoRun[]>;
  /** Whether the original itself has lately run a chain of this project, so that it may do so at any time. */
  isMeltanoAbout(): Promise<boolean>;
  insert(stateId: string, runId: string, trigger: string): Promise<number>;
  /** False if the row is no longer running: another process has failed the run. */
  heartbeat(id: number): Promise<boolean>;
  /** Keeps the Singer state (without the `singer_state` around it) of the last checkpoint in the payload, flagged as the original does (1 complete, 2 incomplete). */
  checkpoint(id: number, state: Record<string, unknown>, mode: 'completed' | 'partial'): Promise<void>;
  finish(id: number, state: 'SUCCESS' | 'FAIL' | 'DEAD', error?: string): Promise<void>;
  /** The row that each `state set`, `merge` ... leaves behind; `state` without the `singer_state` around it. */
  stateEdit(stateId: string, state: Record<string, unknown>, mode: 'completed' | 'partial'): Promise<void>;
  /** Newest first. */
  list(options: {
    limit?: number | undefined;
    jobName?: string | undefined;
    states?: readonly MeltanoRun['state'][] | undefined;
  }): Promise<MeltanoRun[]>;
  /** The rows of one run, oldest first, by its ID or the beginning of it: one for each chain. */
  ofRun(runId: string): Promise<MeltanoRun[]>;
}

/** A window among all: the chain whose past it is a part of, the streams that are read, and its own key. */
export interface WindowId {
  stateId: string;
  stream: string;
  key: string;
}

export interface NewWindow {
  key: string;
  windowStateId: string;
  from: string | undefined;
  to: string | undefined;
}

export interface WindowRow extends WindowId, NewWindow {
  /** The bookmark that it ended with, JSON text. */
  value: string | undefined;
  /** Counts up with each change. */
  version: number;
  /** `dead`: it ran when its run was killed. */
  status: 'pending' | 'running' | 'success' | 'failed' | 'stopped' | 'dead';
  /** Pending or running, of a run that lives. */
  isHeld: boolean;
  runId: string | undefined;
  /** 0 where it has never begun. */
  attempt: number;
  recordsLoaded: number | undefined;
  startedAt: Date | undefined;
  endedAt: Date | undefined;
  updatedAt: Date;
  error: Record<string, unknown> | undefined;
}

export interface WindowsTaken {
  stateId: string;
  stream: string;
  /** All of them as they were when this was decided. */
  seen: readonly Pick<WindowRow, 'key' | 'version'>[];
  runId: string;
  add: readonly NewWindow[];
  /** Known windows that this run will load; `anew`: as if they had never run. */
  again: readonly { key: string; anew: boolean }[];
  remove: readonly string[];
}

export interface Windows {
  /** By chain, streams and key. */
  list(of?: { stateId?: string | undefined; stream?: string | undefined }): Promise<WindowRow[]>;
  /** Writes down what a run is about to do. False, and nothing is written, where a window has changed since it was seen. */
  take(taken: WindowsTaken): Promise<boolean>;
  find(id: WindowId): Promise<Pick<WindowRow, 'status' | 'attempt'> | undefined>;
  start(window: WindowId & NewWindow, runId: string): Promise<void>;
  /** On the disk when it resolves: what is done is not done again. Nothing where another run has begun it since. */
  finish(
    id: WindowId,
    runId: string,
    end: {
      status: 'success' | 'failed' | 'stopped';
      value?: string | undefined;
      recordsLoaded?: number | undefined;
      error?: Record<string, unknown> | undefined;
    },
  ): Promise<void>;
}

export interface History {
  startRun(run: NewRun): Promise<void>;
  finishRun(
    runId: string,
    status: Exclude<RunStatus, 'running'>,
    endedAt: Date,
    error?: Record<string, unknown>,
  ): Promise<void>;
  startBlock(block: NewBlock): Promise<void>;
  finishBlock(block: FinishedBlock): Promise<void>;
  startProcess(row: ProcessRow): Promise<void>;
  endProcess(
    runId: string,
    pid: number,
    pidStart: string,
    exitCode: number | null,
    signal: string | null,
  ): Promise<void>;
  recordStreams(rows: StreamRow[]): Promise<void>;
  /** Processes without an end, of runs whose runner is not this one: what reclaim looks through. */
  openProcesses(runId?: string): Promise<ProcessRow[]>;
  /** Processes without an end that chains of this state ID started, of runs that were killed on this host. */
  orphans(stateId: string): Promise<ProcessRow[]>;
  /** Newest first. */
  listRuns(options: {
    limit?: number | undefined;
    status?: RunStatus | undefined;
    stateId?: string | undefined;
    since?: Date | undefined;
    environment?: string | undefined;
    /** Of this project, and those that do not say of which they are. */
    projectId?: string | undefined;
  }): Promise<RunListing[]>;
  /** A run with all that it takes up and that take it up, however far: their IDs. */
  runFamily(runId: string): Promise<string[]>;
  /** Of each pipeline that has run in this environment (or without one). */
  lastPipelineRuns(options: {
    environment: string | undefined;
    projectId: string | undefined;
  }): Promise<LastPipelineRun[]>;
  /** Removes these finished or dead runs with all that belongs to them; the state and its versions stay. */
  forgetRuns(runIds: readonly string[]): Promise<void>;
  /** By full ID or a unique prefix; RUN_UNKNOWN otherwise. */
  showRun(runId: string): Promise<RunDetail>;
  readonly meltanoRuns: MeltanoRuns;
  readonly windows: Windows;
  /** For concurrency slots: named locks that have nothing to do with a state backend. */
  readonly slots: LeaseStore;
  close(): Promise<void>;
}
