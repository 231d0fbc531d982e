/** Runs, retries and backfills for programs. */
import { randomUUID } from 'node:crypto';
import type { BackfillOptions, BackfillResult } from '../actions/run/backfill.js';
import type { Observe, RunChoices } from '../actions/run/execute-plan.js';
import type { RetryChoice } from '../actions/run/retry.js';
import { runWords } from '../actions/run/run.js';
import { blockOptionKeys } from '../plan/block-options.js';
import type { BlockOptions } from '../plan/types.js';
import type { Project } from '../project/types.js';
import type { RunSubscriber } from '../run/events.js';
import type { RunResult } from '../run/types.js';
import { type LibraryOptions, withSession } from './session.js';

export interface LibraryRunOptions extends LibraryOptions, RunChoices, BlockOptions {
  /** Told of each event, masked; see RunEvent. */
  onEvent?: RunSubscriber | undefined;
}

export interface LibraryBackfillOptions
  extends LibraryRunOptions,
    Omit<BackfillOptions, 'words' | 'blockOptions' | 'runOptions' | 'force'> {}

export interface BackfillOutcome extends BackfillResult {
  /** The windows that were left to do. */
  windows: { label: string; stateId: string }[];
  /** How many of the requested windows were already done. */
  done: number;
}

/**
 * Plans and runs words as `tapline run` does. What fails while it runs is told by the result (`status`, `exitCode`,
 * `blocks`, `error`); what is wrong before anything starts is thrown as a TaplineError.
 */
export async function run(
  project: Project,
  words: readonly string[],
  options: LibraryRunOptions = {},
): Promise<RunResult> {
  const { onEvent, env, cwd, databaseUri, ...rest } = options;
  const request = { words, ...splitOptions(rest) };
  const result = await withSession(project, { env, cwd, databaseUri }, 'write', (session) =>
    runWords(session, request, observeWith(onEvent)),
  );
  return result ?? nothingRun(options.runId);
}

/**
 * Runs the blocks that an earlier run did not finish, as `tapline retry` does: of the run `choice.runId`, of the last run of
 * `choice.words`, or of the last run. `project` must have the environment of that run.
 */
export async function retry(
  project: Project,
  choice?: RetryChoice,
  options: LibraryRunOptions = {},
): Promise<RunResult> {
  const { findUnfinishedRun, refuseSameId, retryRun } = await import('../actions/run/retry.js');
  const { onEvent, env = process.env, cwd, databaseUri, ...rest } = options;
  const unfinished = await withSession(project, { env, cwd, databaseUri }, 'read', (session) =>
    findUnfinishedRun(session, choice),
  );
  refuseSameId(rest.runId, unfinished);
  const inside = { env: { ...env, ...unfinished.env }, cwd, databaseUri };
  return withSession(project, inside, 'write', (session) =>
    retryRun(session, unfinished, splitOptions(rest), observeWith(onEvent)),
  );
}

/** Loads a range of time or partitions as windows, as `tapline backfill` does. `words` name one extract-load block. */
export async function backfill(
  project: Project,
  words: readonly string[],
  options: LibraryBackfillOptions,
): Promise<BackfillOutcome> {
  const { checkBackfillOptions, planBackfill, runBackfill } = await import('../actions/run/backfill.js');
  const { onEvent, env, cwd, databaseUri, from, to, window, timezone, partition, openEnd, ...more } = options;
  const { restart, advanceState, ...rest } = more;
  const range = { from, to, window, timezone, partition, openEnd, restart, advanceState };
  checkBackfillOptions(range);
  return withSession(project, { env, cwd, databaseUri }, 'write', async (session) => {
    const request = { ...range, words, force: rest.force, ...splitOptions({ ifRunning: 'wait' as const, ...rest }) };
    const planned = await planBackfill(session, request);
    const windows = planned.blocks.map(({ window: part, stateId }) => ({
      label: part?.label ?? '',
      stateId: stateId ?? '',
    }));
    return { ...(await runBackfill(session, planned, observeWith(onEvent))), windows, done: planned.done };
  });
}

/** The options of blocks, and those of the run. */
function splitOptions(options: BlockOptions & RunChoices): { blockOptions: BlockOptions; runOptions: RunChoices } {
  const isOfBlock = ([key]: [string, unknown]) => (blockOptionKeys as readonly string[]).includes(key);
  const entries = Object.entries(options);
  return {
    blockOptions: Object.fromEntries(entries.filter(isOfBlock)),
    runOptions: Object.fromEntries(entries.filter((entry) => !isOfBlock(entry))),
  };
}

function observeWith(onEvent: RunSubscriber | undefined): Observe {
  return () => ({ subscribers: onEvent === undefined ? [] : [onEvent], close: async () => undefined });
}

function nothingRun(runId: string = randomUUID()): RunResult {
  return { runId, status: 'success', exitCode: 0, durationSeconds: 0, blocks: [] };
}
