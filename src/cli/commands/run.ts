import type { Command } from 'commander';
import { type RunWords, runWords } from '../../actions/run/run.js';
import type { OptionsOf } from '../../option-definition.js';
import type { Session } from '../../session/session.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, dryRun, installDefinitions } from '../options/common.js';
import {
  emptySelection,
  failurePolicyDefinitions,
  jobs,
  processDefinitions,
  resumption,
  selection,
  stateDefinitions,
  statelessness,
} from '../options/run.js';
import { blockOptionsOf, failurePolicy, observeOnTerminal, runChoicesOf } from '../run-options.js';

const options = {
  ...dryRun,
  ...resumption,
  ...selection,
  ...emptySelection,
  ...statelessness,
  ...jobs,
  ...failurePolicyDefinitions,
  ...stateDefinitions,
  ...processDefinitions,
  ...installDefinitions,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

export function run(command: Command, context: CommandContext): Command {
  addOptions(command, options, 'run');
  return command
    .usage('[options] [block...]')
    .argument('[blocks...]', 'tap [mapping ...] target, a plugin command (dbt:run), a job, a run step or a pipeline')
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

With --select or --exclude, --full-refresh starts over for these streams only: the others keep their bookmarks.`,
    )
    .action(async (words: string[], options: Options) => {
      if (options.resume) {
        const { resume } = await import('../resume.js');
        return resume(words.length === 0 ? undefined : { words }, options, context);
      }
      const session = await context.open({
        policy: 'required',
        access: 'write',
        databaseUri: options.databaseUri,
      });
      const result = await runWords(session, await requestOf(words, options, session, context), observeOnTerminal);
      if (result === undefined) (await session.log()).info('No valid blocks found.');
      else context.exit(result.exitCode);
    });
}

async function requestOf(
  words: readonly string[],
  options: Options,
  session: Session,
  { env, schedule }: CommandContext,
): Promise<RunWords> {
  const { stateUpdate, stateIdSuffix, jobs, failFast, dryRun } = options;
  const noStateUpdate = stateUpdate ? undefined : true;
  return {
    words,
    blockOptions: { ...(await blockOptionsOf(options, session)), noStateUpdate, stateIdSuffix },
    runOptions: { ...runChoicesOf(options, env), jobs, onFailure: failurePolicy(failFast), dryRun },
    schedule,
  };
}
