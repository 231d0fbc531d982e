/** What the options of `run`, `retry`, `el` and `backfill` ask an action for, and who follows the run. */
import type { Observe, RunChoices } from '../actions/run/execute-plan.js';
import { TaplineError } from '../errors.js';
import { observeRun } from '../observe/observe-run.js';
import type { OptionsOf } from '../option-definition.js';
import type { BlockOptions } from '../plan/types.js';
import type { FailurePolicy } from '../run/types.js';
import type { Session } from '../session/session.js';
import { installChoice } from './install-choice.js';
import type { databaseUri, installDefinitions } from './options/common.js';
import type { emptySelection, processDefinitions, selection, stateDefinitions } from './options/run.js';

export type PlanOptions = OptionsOf<
  typeof stateDefinitions &
    typeof processDefinitions &
    typeof selection &
    typeof emptySelection &
    typeof installDefinitions &
    typeof databaseUri
>;

export async function blockOptionsOf(options: PlanOptions, session: Session): Promise<BlockOptions> {
  const { fullRefresh, refreshCatalog, force, failOnEmpty } = options;
  const stateStrategy = await strategyOf(options, session);
  return { fullRefresh, refreshCatalog, force, failOnEmpty, stateStrategy, selectFilter: selectFilterOf(options) };
}

async function strategyOf(
  { mergeState, stateStrategy }: PlanOptions,
  session: Session,
): Promise<BlockOptions['stateStrategy']> {
  if (mergeState === undefined) return stateStrategy;
  if (stateStrategy !== 'auto') {
    throw new TaplineError('USAGE', '--merge-state and --state-strategy cannot be combined', {
      hint: 'Use `--state-strategy merge`.',
    });
  }
  (await session.log()).warning('--merge-state is deprecated; use --state-strategy merge');
  return 'merge';
}

/** The value of the extra `select_filter` that these options stand for. */
function selectFilterOf({ select = [], exclude = [] }: PlanOptions): string[] | undefined {
  const patterns = [...select, ...exclude.map((pattern) => `!${pattern}`)];
  return patterns.length === 0 ? undefined : patterns;
}

export function runChoicesOf(options: Omit<PlanOptions, 'stateStrategy'>, env: NodeJS.ProcessEnv): RunChoices {
  return {
    runId: options.runId,
    ifRunning: options.ifRunning,
    install: installChoice(options),
    strictSinger: options.strictSinger,
    inspect: options.inspect,
    timeoutSeconds: options.timeout,
    retry: { retries: options.retries, delaySeconds: options.retryDelay },
    trigger: env.MELTANO_JOB_TRIGGER,
    handleSignals: true,
  };
}

export function failurePolicy(failFast: boolean | undefined): FailurePolicy {
  if (failFast === undefined) return 'finish-running';
  return failFast ? 'fail-fast' : 'run-rest';
}

/** Log, log files, live view and summary. */
export const observeOnTerminal: Observe = async (session, { request, retryOf }) =>
  observeRun({
    log: await session.log(),
    stderr: session.stderr,
    env: session.env,
    canRetry: request?.command === 'run',
    isRetry: retryOf !== undefined,
  });
