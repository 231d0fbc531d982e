/** `tapline retry` and `run --resume`. */
import { findUnfinishedRun, type RetryChoice, refuseSameId, retryRun } from '../actions/run/retry.js';
import type { OptionsOf } from '../option-definition.js';
import type { BlockOptions } from '../plan/types.js';
import type { Session } from '../session/session.js';
import type { CommandContext } from './context.js';
import type { dryRun } from './options/common.js';
import type { failurePolicyDefinitions, jobs, statelessness } from './options/run.js';
import { blockOptionsOf, failurePolicy, observeOnTerminal, type PlanOptions, runChoicesOf } from './run-options.js';

/** What the command line says now; everything else comes from the earlier run. */
export type ResumeOptions = Partial<PlanOptions> &
  Partial<OptionsOf<typeof dryRun & typeof jobs & typeof failurePolicyDefinitions & typeof statelessness>>;

export async function resume(choice: RetryChoice, options: ResumeOptions, context: CommandContext): Promise<void> {
  const { databaseUri, dryRun, jobs, failFast } = options;
  const unfinished = await findIn(choice, databaseUri, context);
  refuseSameId(options.runId, unfinished);
  const session = await context.open({
    policy: 'required',
    access: 'write',
    databaseUri,
    environment: unfinished.run.environment,
    env: unfinished.env,
  });
  const onFailure = failFast === undefined ? undefined : failurePolicy(failFast);
  const changes = {
    blockOptions: await changedBlockOptions(options, session),
    runOptions: { ...runChoicesOf(options, context.env), jobs, onFailure, dryRun },
  };
  context.exit((await retryRun(session, unfinished, changes, observeOnTerminal)).exitCode);
}

/** Reads only, in the environment that the command line chose, if any. The retry itself runs in the run's own environment. */
async function findIn(choice: RetryChoice, databaseUri: string | undefined, { open }: CommandContext) {
  const isById = choice !== undefined && 'runId' in choice;
  const policy = isById ? 'explicit' : 'required';
  const session = await open({ policy, access: 'read', databaseUri, quiet: true });
  try {
    return await findUnfinishedRun(session, choice);
  } finally {
    await session.close();
  }
}

async function changedBlockOptions(options: ResumeOptions, session: Session): Promise<BlockOptions> {
  const { stateStrategy, ...given } = await blockOptionsOf({ stateStrategy: 'auto', ...options }, session);
  return {
    ...given,
    stateStrategy: stateStrategy === 'auto' ? undefined : stateStrategy,
    stateIdSuffix: options.stateIdSuffix,
    noStateUpdate: options.stateUpdate === false ? true : undefined,
  };
}
