/** What `run` and `el` share: their common options, and the way from a plan to an exit code. */
import { randomUUID } from 'node:crypto';
import { InvalidArgumentError, Option } from 'commander';
import { durationSeconds } from '../duration.js';
import { TaplineError } from '../errors.js';
import { observeRun } from '../observe/observe-run.js';
import { planWords } from '../plan/plan.js';
import type { BlockOptions, Plan } from '../plan/types.js';
import { run } from '../run/run.js';
import type { FailurePolicy, IfRunning, RunOptions } from '../run/types.js';
import type { Session } from '../session.js';
import { type InstallFlags, installMode, wholeNumber } from './shared-options.js';

export interface PlanOptions extends InstallFlags {
  fullRefresh?: true;
  refreshCatalog?: true;
  force?: true;
  ifRunning?: IfRunning;
  stateStrategy: 'auto' | 'merge' | 'overwrite';
  mergeState?: true;
  select?: string[];
  exclude?: string[];
  runId?: string;
  timeout?: number;
  retries?: number;
  retryDelay?: number;
  strictSinger?: true;
  databaseUri?: string;
}

export function stateOptions(): Option[] {
  return [
    new Option('--full-refresh', 'ignore the saved state and start from the beginning'),
    new Option('--refresh-catalog', 'discover streams anew instead of using the cached catalog'),
    new Option('-f, --force', 'run even if another run holds the state ID: it is taken over'),
    new Option('--if-running <what>', 'when another run holds the state ID').choices(['fail', 'wait', 'skip']),
    new Option('--state-strategy <how>', 'how states are saved')
      .choices(['auto', 'merge', 'overwrite'])
      .default('auto'),
    new Option('--merge-state', 'the older form of --state-strategy merge').hideHelp(),
  ];
}

export function processOptions(): Option[] {
  return [
    new Option('--run-id <uuid>', 'the ID of this run').argParser(parseRunId),
    new Option('--timeout <seconds>', 'stop gracefully after this time').argParser(wholeNumber(1)),
    new Option('--retries <count>', 'try a block that failed so many times more (default: 0)').argParser(
      wholeNumber(0),
    ),
    new Option('--retry-delay <time>', 'first pause before that, then twice as long: 30s, 5m (default: 10s)').argParser(
      parseDuration,
    ),
    new Option('--strict-singer', 'fail a tap that prints lines which are no Singer messages'),
  ];
}

/** As the original takes it: with or without dashes. */
function parseRunId(text: string): string {
  const digits = text.toLowerCase().replace(/^urn:uuid:|[{}-]/g, '');
  if (/^[0-9a-f]{32}$/.test(digits)) return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  throw new InvalidArgumentError('It is not a valid UUID.');
}

function parseDuration(text: string): number {
  const seconds = durationSeconds(text);
  if (seconds === undefined) throw new InvalidArgumentError('It is a number of seconds, or a text such as 30s or 5m.');
  return seconds;
}

export async function blockOptionsOf(options: PlanOptions, session: Session): Promise<BlockOptions> {
  const { fullRefresh, refreshCatalog, force } = options;
  const stateStrategy = await strategyOf(options, session);
  return { fullRefresh, refreshCatalog, force, stateStrategy, selectFilter: selectFilterOf(options) };
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
