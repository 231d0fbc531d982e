import { type Command, Option } from 'commander';
import { requestOf } from '../../run/run-request.js';
import type { CommandContext } from '../context.js';
import {
  blockOptionsOf,
  executePlan,
  failurePolicy,
  type PlanOptions,
  planOf,
  processOptions,
  runOptionsOf,
  stateOptions,
  warnAbout,
} from '../run-plan.js';
import { collect, databaseUriOption, examples, installOptions, wholeNumber } from '../shared-options.js';

interface Options extends PlanOptions {
  dryRun?: true;
  resume?: true;
  /** `--no-state-update`. */
  stateUpdate: boolean;
  stateIdSuffix?: string;
  jobs?: number;
  failFast?: boolean;
}

export function run(command: Command, context: CommandContext): Command {
  const { open, exit, env, schedule } = context;
  command
    .usage('[options] [block...]')
    .argument('[blocks...]', 'tap [mapping ...] target, a plugin command (dbt:run), a job, a run step or a pipeline')
    .addOption(new Option('--dry-run', 'check and show what would run, without running it'))
    .addOption(new Option('--resume', 'run what the last run of these words (or of any) has left, as `retry` does'))
    .option('--select <stream>', 'only streams of this pattern (can be repeated)', collect)
    .option('--exclude <stream>', 'all but streams of this pattern (can be repeated)', collect)
    .addOption(new Option('--no-state-update', 'neither read nor save state'))
    .addOption(new Option('--state-id-suffix <text>', 'put this at the end of each state ID'))
    .addOption(
      new Option('-j, --jobs <count>', 'so many extract-load blocks at once (default: 1)').argParser(wholeNumber(1)),
    )
    .addOption(new Option('--fail-fast', 'when a block fails, stop those that run too'))
    .addOption(new Option('--no-fail-fast', 'when a block fails, run the rest all the same'));
  for (const option of [...stateOptions(), ...processOptions(), ...installOptions()]) command.addOption(option);
  return command
    .addOption(databaseUriOption())
    .addHelpText(
      'after',
      `${examples(
        'tapline run tap-github target-postgres',
        'tapline run tap-github hide-emails target-postgres dbt:run dbt:test',
        'tapline --environment=prod run nightly --jobs 4',
        'tapline run multi-source-parallel --dry-run',
        'tapline run tap-github target-postgres --full-refresh --state-id-suffix backfill',
        'tapline run tap-github target-postgres --full-refresh --select issues',
        "tapline run 'REGION=$AREA-1' tap-github target-postgres 'invoke dbt:run --models staging.*'",
      )}

With --select or --exclude, --full-refresh applies to these streams only: the others keep their bookmarks.

Options can also be set with variables: MELTANO_RUN_FULL_REFRESH, MELTANO_RUN_REFRESH_CATALOG, MELTANO_RUN_NO_STATE_UPDATE, MELTANO_RUN_FORCE,
MELTANO_RUN_STATE_ID_SUFFIX, MELTANO_RUN_STATE_STRATEGY, MELTANO_RUN_ID, MELTANO_RUN_TIMEOUT, MELTANO_RUN_JOBS,
MELTANO_RUN_RETRIES, MELTANO_RUN_RETRY_DELAY.`,
    )
    .action(async (words: string[], options: Options) => {
      if (options.resume) {
        const { resume } = await import('../resume.js');
        return resume(words.length === 0 ? undefined : { words }, options, context);
      }
      const session = await open({
        policy: 'required',
        access: 'write',
        databaseUri: options.databaseUri,
        ...(options.dryRun ? { defaultLogLevel: 'debug' } : {}),
      });
      await session.fetchMissingLocks(words);
      const blockOptions = {
        ...(await blockOptionsOf(options, session)),
        noStateUpdate: options.stateUpdate ? undefined : true,
        stateIdSuffix: options.stateIdSuffix,
      };
      const plan = await planOf(words, blockOptions, session);
      await warnAbout(plan, session);
      if (plan.groups.length === 0) {
        (await session.log()).info('No valid blocks found.');
        return;
      }
      const runOptions = {
        ...(await runOptionsOf(options, blockOptions, session, env)),
        jobs: options.jobs,
        onFailure: failurePolicy(options.failFast),
        dryRun: options.dryRun,
      };
      const request = requestOf('run', plan, runOptions, schedule);
      exit(await executePlan(plan, { ...runOptions, request }, session));
    });
}
