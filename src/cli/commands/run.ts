import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { TaplineError } from '../../errors.js';
import type { BlockOptions, Plan } from '../../plan/types.js';
import type { FailurePolicy, IfRunning, RunOptions } from '../../run/types.js';
import type { Session } from '../../session.js';
import type { CommandContext } from '../context.js';
import {
  databaseUriOption,
  examples,
  type InstallFlags,
  installMode,
  installOptions,
  wholeNumber,
} from '../shared-options.js';

interface Options extends InstallFlags {
  dryRun?: true;
  fullRefresh?: true;
  refreshCatalog?: true;
  /** `--no-state-update`. */
  stateUpdate: boolean;
  force?: true;
  stateIdSuffix?: string;
  stateStrategy: 'auto' | 'merge' | 'overwrite';
  mergeState?: true;
  runId?: string;
  timeout?: number;
  jobs?: number;
  failFast?: boolean;
  ifRunning?: IfRunning;
  strictSinger?: true;
  databaseUri?: string;
}

export function run(command: Command, { open, exit, env }: CommandContext): Command {
  command
    .usage('[options] [block...]')
    .argument('[blocks...]', 'tap [mapping ...] target, a plugin command (dbt:run), or a job')
    .addOption(new Option('--dry-run', 'check and show what would run, without running it'))
    .addOption(new Option('--full-refresh', 'ignore the saved state and start from the beginning'))
    .addOption(new Option('--refresh-catalog', 'discover streams anew instead of using the cached catalog'))
    .addOption(new Option('--no-state-update', 'neither read nor save state'))
    .addOption(new Option('-f, --force', 'run even if another run holds the state ID: it is taken over'))
    .addOption(
      new Option('--if-running <what>', 'when another run holds the state ID').choices(['fail', 'wait', 'skip']),
    )
    .addOption(new Option('--state-id-suffix <text>', 'put this at the end of each state ID'))
    .addOption(
      new Option('--state-strategy <how>', 'how states are saved')
        .choices(['auto', 'merge', 'overwrite'])
        .default('auto'),
    )
    .addOption(new Option('--merge-state', 'the older form of --state-strategy merge').hideHelp())
    .addOption(new Option('--run-id <uuid>', 'the ID of this run').argParser(parseRunId))
    .addOption(new Option('--timeout <seconds>', 'stop gracefully after this time').argParser(wholeNumber(1)))
    .addOption(
      new Option('-j, --jobs <count>', 'so many extract-load blocks at once (default: 1)').argParser(wholeNumber(1)),
    )
    .addOption(new Option('--fail-fast', 'when a block fails, stop those that run too'))
    .addOption(new Option('--no-fail-fast', 'when a block fails, run the rest all the same'))
    .addOption(new Option('--strict-singer', 'fail a tap that prints lines which are no Singer messages'));
  for (const option of installOptions()) command.addOption(option);
  return command
    .addOption(databaseUriOption())
    .addHelpText(
      'after',
      `${examples(
        'tapline run tap-github target-postgres',
        'tapline run tap-github hide-emails target-postgres dbt:run dbt:test',
        'tapline --environment=prod run nightly --jobs 4',
        'tapline run tap-github target-postgres --full-refresh --state-id-suffix backfill',
      )}

Variables: MELTANO_RUN_FULL_REFRESH, MELTANO_RUN_REFRESH_CATALOG, MELTANO_RUN_NO_STATE_UPDATE, MELTANO_RUN_FORCE,
MELTANO_RUN_STATE_ID_SUFFIX, MELTANO_RUN_STATE_STRATEGY, MELTANO_RUN_ID, MELTANO_RUN_TIMEOUT and MELTANO_RUN_JOBS
stand for the options of these names.`,
    )
    .action(async (words: string[], options: Options) => {
      const session = await open({
        policy: 'required',
        access: 'write',
        databaseUri: options.databaseUri,
        ...(options.dryRun ? { defaultLogLevel: 'debug' } : {}),
      });
      const blockOptions = await blockOptionsOf(options, session);
      const plan = await planOf(words, blockOptions, session);
      if (plan.groups.length === 0) {
        (await session.log()).info('No valid blocks found.');
        return;
      }
      exit(await execute(plan, await runOptionsOf(options, blockOptions, session, env), session));
    });
}

/** As the original takes it: with or without dashes. */
function parseRunId(text: string): string {
  const digits = text.toLowerCase().replace(/^urn:uuid:|[{}-]/g, '');
  if (/^[0-9a-f]{32}$/.test(digits)) return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  throw new InvalidArgumentError('It is not a valid UUID.');
}

async function blockOptionsOf(options: Options, session: Session): Promise<BlockOptions> {
  const { fullRefresh, refreshCatalog, stateUpdate, stateIdSuffix, force } = options;
  return {
    fullRefresh,
    refreshCatalog,
    noStateUpdate: stateUpdate ? undefined : true,
    stateIdSuffix,
    stateStrategy: await strategyOf(options, session),
    force,
  };
}

async function strategyOf(
  { mergeState, stateStrategy }: Options,
  session: Session,
): Promise<BlockOptions['stateStrategy']> {
  if (mergeState === undefined) return stateStrategy;
  if (stateStrategy !== 'auto') {
    throw new TaplineError('USAGE', 'Cannot use both --merge-state and --state-strategy.', {
      hint: 'Use --state-strategy merge alone.',
    });
  }
  (await session.log()).warning('The option --merge-state is the older form of --state-strategy merge.');
  return 'merge';
}

async function planOf(words: readonly string[], options: BlockOptions, session: Session): Promise<Plan> {
  const { planRun } = await import('../../plan/plan.js');
  const { project } = session;
  const [plugins, settings] = [await session.plugins(), await session.settings()];
  return planRun(words, {
    project,
    plugins,
    options,
    expandSuffix: (text, tap) => settings.stateIdSuffix(text, tap),
  });
}

async function runOptionsOf(
  options: Options,
  defaults: BlockOptions,
  session: Session,
  env: NodeJS.ProcessEnv,
): Promise<RunOptions> {
  const settings = await session.settings();
  return {
    runId: options.runId ?? randomUUID(),
    jobs: options.jobs,
    onFailure: failurePolicy(options.failFast),
    ifRunning: options.ifRunning,
    install: installMode(options, settings.projectSetting('auto_install')),
    dryRun: options.dryRun,
    defaults,
    strictSinger: options.strictSinger,
    timeoutSeconds: options.timeout,
    trigger: env.MELTANO_JOB_TRIGGER,
    handleSignals: true,
  };
}

function failurePolicy(failFast: boolean | undefined): FailurePolicy {
  if (failFast === undefined) return 'finish-running';
  return failFast ? 'fail-fast' : 'run-rest';
}

async function execute(plan: Plan, options: RunOptions, session: Session): Promise<number> {
  const [{ run: runPlan }, { observeRun }] = await Promise.all([
    import('../../run/run.js'),
    import('../../observe/observe-run.js'),
  ]);
  const log = await session.log();
  const observers = await observeRun({ log, stderr: session.stderr, env: session.env });
  try {
    const result = await runPlan(plan, options, await session.world(), observers.subscribers);
    return result.exitCode;
  } finally {
    await observers.close();
  }
}
