/** What `run` and `el` share: their common options, and the way from a plan to an exit code. */
import { randomUUID } from 'node:crypto';
import { TaplineError } from '../errors.js';
import { observeRun } from '../observe/observe-run.js';
import type { OptionsOf } from '../option-definition.js';
import { planWords } from '../plan/plan.js';
import type { BlockOptions, Plan } from '../plan/types.js';
import { run } from '../run/run.js';
import type { FailurePolicy, RunOptions } from '../run/types.js';
import type { Session } from '../session.js';
import { installMode } from './install-mode.js';
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

export async function runOptionsOf(
  options: PlanOptions,
  defaults: BlockOptions,
  session: Session,
  env: NodeJS.ProcessEnv,
): Promise<RunOptions> {
  const settings = await session.settings();
  return {
    runId: options.runId ?? randomUUID(),
    ifRunning: options.ifRunning,
    install: installMode(options, settings.projectSetting('auto_install')),
    defaults,
    strictSinger: options.strictSinger,
    timeoutSeconds: options.timeout,
    retry: { retries: options.retries, delaySeconds: options.retryDelay },
    trigger: env.MELTANO_JOB_TRIGGER,
    handleSignals: true,
  };
}

/** Plans the words of a command line in this project. */
export async function planOf(words: readonly string[], options: BlockOptions, session: Session): Promise<Plan> {
  const { project } = session;
  const [plugins, settings] = [await session.plugins(), await session.settings()];
  return planWords(words, {
    project,
    plugins,
    options,
    expandSuffix: settings.stateIdSuffix,
    expandEnv: (text) => settings.expand(text, settings.environmentEnv()),
  });
}

export async function warnAbout({ warnings = [] }: Plan, session: Session): Promise<void> {
  if (warnings.length === 0) return;
  const log = await session.log();
  for (const { code, message, hint, at } of warnings) log.warning(message, { code, hint, at });
}

export function failurePolicy(failFast: boolean | undefined): FailurePolicy {
  if (failFast === undefined) return 'finish-running';
  return failFast ? 'fail-fast' : 'run-rest';
}

/** Runs a plan with log, log files, live view and summary. Returns the exit code. */
export async function executePlan(plan: Plan, options: RunOptions, session: Session): Promise<number> {
  const log = await session.log();
  const [canRetry, isRetry] = [options.request?.command === 'run', options.retryOf !== undefined];
  const observers = await observeRun({ log, stderr: session.stderr, env: session.env, canRetry, isRetry });
  try {
    const result = await run(plan, options, await session.world(), observers.subscribers);
    return result.exitCode;
  } finally {
    await observers.close();
  }
}
