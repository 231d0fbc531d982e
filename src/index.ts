/**
 * Tapline as a library: read a project, run blocks of it, follow the events. It prints nothing, ends no process and
 * listens to no signal unless asked to.
 *
 *     import { loadProject, run } from 'tapline';
 *     const project = await loadProject({ cwd: 'my-project', environment: 'prod' });
 *     const result = await run(project, ['tap-github', 'target-postgres'], { onEvent: console.log });
 */
import { randomUUID } from 'node:crypto';
import { blockOptionKeys } from './plan/block-options.js';
import { planWords } from './plan/plan.js';
import type { BlockOptions } from './plan/types.js';
import type { Project } from './project/types.js';
import type { RunSubscriber } from './run/events.js';
import { run as runPlan } from './run/run.js';
import type { RunOptions, RunResult } from './run/types.js';
import { createSession } from './session.js';

export { type ErrorCode, errorCodes, exitCodes, type SourceLocation, TaplineError } from './errors.js';
export type { BlockOptions } from './plan/types.js';
export { loadProject } from './project/load.js';
export type { Environment, Job, LoadProjectOptions, Project, Schedule } from './project/types.js';
export type * from './run/events.js';
export type { FailurePolicy, IfRunning, RunOptions, RunResult } from './run/types.js';
export { createPartitionState, type PartitionState } from './state/partition-state.js';

export interface LibraryRunOptions extends Partial<Omit<RunOptions, 'defaults'>>, BlockOptions {
  /** Told of each event, masked; see RunEvent. */
  onEvent?: RunSubscriber | undefined;
  /** The process environment of the run. Default: process.env. */
  env?: NodeJS.ProcessEnv | undefined;
  /** Where plugins are started. Default: the process's working directory. */
  cwd?: string | undefined;
  /** The system database, instead of the project's. */
  databaseUri?: string | undefined;
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
  const { onEvent, env = process.env, cwd = process.cwd(), databaseUri, ...rest } = options;
  const { defaults, others: runOptions } = splitOptions(rest);
  const session = createSession(project, {
    cwd,
    env,
    access: 'write',
    databaseUri,
    log: {},
    stderr: silent,
  });
  try {
    const [plugins, settings] = [await session.plugins(), await session.settings()];
    const plan = await planWords(words, {
      project,
      plugins,
      options: defaults,
      expandSuffix: settings.stateIdSuffix,
      expandEnv: (text) => settings.expand(text, settings.environmentEnv()),
    });
    const subscribers = onEvent === undefined ? [] : [onEvent];
    return await runPlan(plan, { runId: randomUUID(), ...runOptions, defaults }, await session.world(), subscribers);
  } finally {
    await session.close();
  }
}

/** The options of blocks, and those of the run. */
function splitOptions<T extends BlockOptions>(
  options: T,
): { defaults: BlockOptions; others: Omit<T, keyof BlockOptions> } {
  const isOfBlock = ([key]: [string, unknown]) => (blockOptionKeys as readonly string[]).includes(key);
  const entries = Object.entries(options);
  return {
    defaults: Object.fromEntries(entries.filter(isOfBlock)),
    others: Object.fromEntries(entries.filter((entry) => !isOfBlock(entry))) as Omit<T, keyof BlockOptions>,
  };
}

/** A library writes to no stream. */
const silent = {
  isTTY: false,
  columns: 80,
  line: () => undefined,
  live: () => undefined,
  redraw: () => undefined,
};
