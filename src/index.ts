/**
 * Tapline as a library: read a project, run blocks of it, follow the events, edit its state. It prints nothing, ends no
 * process and listens to no signal unless asked to.
 *
 *     import { loadProject, run } from 'tapline';
 *     const project = await loadProject({ cwd: 'my-project', environment: 'prod' });
 *     const result = await run(project, ['tap-github', 'target-postgres'], { onEvent: console.log });
 */
export type { PipelineStatus } from './actions/pipelines/status.js';
export type { RetryChoice } from './actions/run/retry.js';
export type { TransferResult } from './actions/state/transfer.js';
export { type ErrorCode, errorCodes, exitCodes, type SourceLocation, TaplineError } from './errors.js';
export { pipelineStatus } from './library/pipelines.js';
export {
  type BackfillOutcome,
  backfill,
  type LibraryBackfillOptions,
  type LibraryRunOptions,
  retry,
  run,
} from './library/runs.js';
export type { LibraryOptions } from './library/session.js';
export { editState, getState, listStates, type StateEditOptions, setState, transferStates } from './library/state.js';
export type { BlockOptions } from './plan/types.js';
export { loadProject } from './project/load.js';
export type { Environment, Job, LoadProjectOptions, Pipeline, Project, Schedule } from './project/types.js';
export type * from './run/events.js';
export type { FailurePolicy, IfRunning, RunOptions, RunResult } from './run/types.js';
export { createPartitionState, type PartitionState } from './state/partition-state.js';
export type { StateListing, WrappedState } from './state/port.js';
