/** `el` and `elt`: one extract-load block with a state ID that the caller chooses. */
import type { Command } from 'commander';
import { TaplineError } from '../errors.js';
import type { Log } from '../observe/log.js';
import type { OptionsOf } from '../option-definition.js';
import type { ExtractLoad } from '../plan/plan-extract-load.js';
import type { ChainFile } from '../run/alone/chain-dump.js';
import type { Session } from '../session.js';
import type { CommandContext } from './context.js';
import { logEvents } from './log-events.js';
import { addOptions } from './options/commander.js';
import { databaseUri, installDefinitions } from './options/common.js';
import {
  emptySelection,
  extractLoadDefinitions,
  processDefinitions,
  stateDefinitions,
  type transformAfter,
} from './options/run.js';
import { blockOptionsOf, executePlan, runOptionsOf } from './run-plan.js';

const extractLoadOptions = {
  ...extractLoadDefinitions,
  ...stateDefinitions,
  ...processDefinitions,
  ...emptySelection,
  ...installDefinitions,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof extractLoadOptions> & OptionsOf<typeof transformAfter>;

/** Adds arguments, options and action. `deprecation` is logged first. */
export function defineExtractLoad(command: Command, context: CommandContext, deprecation?: string): Command {
  addOptions(command, extractLoadOptions, 'el');
  return command
    .usage('[options] <extractor> <loader>')
    .argument('<extractor>')
    .argument('<loader>')
    .action((tap: string, target: string, options: Options) =>
      extractLoad({ tap, target }, options, context, deprecation),
    );
}

async function extractLoad(
  names: { tap: string; target: string },
  options: Options,
  { open, output, exit, env }: CommandContext,
  deprecation: string | undefined,
): Promise<void> {
  const isDump = options.dump !== undefined;
  const session = await open({
    policy: 'default',
    access: isDump ? 'read' : 'write',
    databaseUri: options.databaseUri,
  });
  await session.fetchMissingLocks([names.tap, names.target]);
  const log = await session.log();
  if (deprecation !== undefined) log.warning(deprecation);
  const chain = await chainOf(names, options, session, log);
  if (options.dump !== undefined) {
    output.line(await dump(options.dump, chain, session, log));
    return;
  }
  const { planExtractLoad } = await import('../plan/plan-extract-load.js');
  const runOptions = await runOptionsOf(options, chain.options, session, env);
  exit(await executePlan(planExtractLoad(chain), { ...runOptions, dryRun: options.dry }, session));
}

async function chainOf(
  names: { tap: string; target: string },
  options: Options,
  session: Session,
  log: Log,
): Promise<ExtractLoad> {
  const plugins = await session.plugins();
  const tap = plugins.get(names.tap, 'extractors');
  const target = plugins.get(names.target, 'loaders');
  const { catalog, state } = options;
  return {
    tap,
    target,
    stateId: options.stateId ?? ephemeralStateId(names, log),
    // As in the original, each `el` discovers the catalog again.
    options: { ...(await blockOptionsOf(options, session)), refreshCatalog: true, catalog, state },
    transform: await transformOf(options.transform, session, log),
  };
}

/** The form of the original. */
function ephemeralStateId({ tap, target }: { tap: string; target: string }, log: Log): string {
  const [date, time] = new Date().toISOString().slice(0, 19).split('T');
  const stateId = `${date}T${time?.replaceAll(':', '')}--${tap}--${target}`;
  log.warning(
    `No state ID provided. Using an ephemeral state ID '${stateId}'. Incremental replication state will not be reused between runs. To persist state across runs, pass \`--state-id=<your_id>\`.`,
  );
  return stateId;
}

async function transformOf(how: Options['transform'], session: Session, log: Log): Promise<ExtractLoad['transform']> {
  if (how === undefined || how === 'skip') return undefined;
  log.warning('the option --transform is deprecated', {
    hint: 'Name the blocks instead: `tapline run tap-x target-y dbt:run`.',
  });
  const plugins = await session.plugins();
  const transformer = plugins.find('dbt', 'transformers');
  if (transformer !== undefined) return { transformer, only: how === 'only' };
  throw new TaplineError('PLUGIN_UNKNOWN', "--transform requires a transformer named 'dbt'", {
    hint: 'Run a plugin of another name as a block: tapline run tap-x target-y dbt-postgres:run',
  });
}

async function dump(file: ChainFile, chain: ExtractLoad, session: Session, log: Log): Promise<string> {
  const [{ dumpChainFile }, { chainBlockOf }] = await Promise.all([
    import('../run/alone/chain-dump.js'),
    import('../plan/plan-extract-load.js'),
  ]);
  return dumpChainFile(file, chainBlockOf(chain), await session.world(), [await logEvents(log)]);
}
