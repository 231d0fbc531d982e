/** Runs words: blocks, jobs, run steps and pipelines. */
import type { BlockOptions } from '../../plan/types.js';
import { requestOf } from '../../run/run-request.js';
import type { RunResult } from '../../run/types.js';
import type { Session } from '../../session/session.js';
import { completeRunOptions, executePlan, type Observe, type RunChoices } from './execute-plan.js';
import { planBlocks, warnAbout } from './plan-blocks.js';

export interface RunWords {
  words: readonly string[];
  /** Defaults for blocks that do not set their own. */
  blockOptions: BlockOptions;
  runOptions: RunChoices;
  /** The schedule that starts the run; `retry` sets its variables again. */
  schedule?: string | undefined;
}

/** Returns undefined if the words name no block. Throws what is wrong before anything starts; the result has the rest. */
export async function runWords(
  session: Session,
  { words, blockOptions, runOptions, schedule }: RunWords,
  observe: Observe,
): Promise<RunResult | undefined> {
  await session.fetchMissingLocks(words);
  const plan = await planBlocks(words, blockOptions, session);
  await warnAbout(plan, session);
  if (plan.groups.length === 0) return undefined;
  const options = await completeRunOptions(runOptions, blockOptions, session);
  const request = requestOf('run', plan, options, schedule);
  return executePlan(plan, { ...options, request }, session, observe);
}
