/** Runs plans, followed by observers. */
import { randomUUID } from 'node:crypto';
import type { BlockOptions, Plan } from '../../plan/types.js';
import type { RunSubscriber } from '../../run/events.js';
import { run } from '../../run/run.js';
import type { RunOptions, RunResult } from '../../run/types.js';
import type { Session } from '../../session/session.js';
import { installMode } from '../install-mode.js';

/** Who follows a run: log, live view and summary for the command line, a callback for the library. */
export type Observe = (session: Session, options: RunOptions) => Observers | Promise<Observers>;

export interface Observers {
  subscribers: readonly RunSubscriber[];
  /** Resolves once they have written everything. */
  close(): Promise<void>;
}

/** What a caller may choose. Without `install`, the setting `auto_install` decides; without `runId`, the ID is random. */
export type RunChoices = Omit<RunOptions, 'runId' | 'defaults' | 'request' | 'retryOf'> & {
  runId?: string | undefined;
};

export async function completeRunOptions(
  chosen: RunChoices,
  defaults: BlockOptions,
  session: Session,
): Promise<RunOptions> {
  return {
    ...chosen,
    runId: chosen.runId ?? randomUUID(),
    install: await installMode(chosen.install, session),
    defaults,
  };
}

export async function executePlan(
  plan: Plan,
  options: RunOptions,
  session: Session,
  observe: Observe,
): Promise<RunResult> {
  const observers = await observe(session, options);
  try {
    return await run(plan, options, await session.world(), observers.subscribers);
  } finally {
    await observers.close();
  }
}
