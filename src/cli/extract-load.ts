/** `el` and `elt`: one extract-load block with a state ID that the caller chooses. */
import type { Command } from 'commander';
import type { OptionsOf } from '../option-definition.js';
import type { CommandContext } from './context.js';
import { addOptions } from './options/commander.js';
import { databaseUri, installDefinitions } from './options/common.js';
import {
  emptySelection,
  extractLoadDefinitions,
  processDefinitions,
  stateDefinitions,
  type transformAfter,
} from './options/run.js';
import { blockOptionsOf, observeOnTerminal, runChoicesOf } from './run-options.js';

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
    .action((extractor: string, loader: string, options: Options) =>
      run({ extractor, loader }, options, context, deprecation),
    );
}

async function run(
  names: { extractor: string; loader: string },
  options: Options,
  { open, output, exit, env }: CommandContext,
  deprecation: string | undefined,
): Promise<void> {
  const { dump, dry, catalog, state, stateId, transform, databaseUri } = options;
  const session = await open({ policy: 'default', access: dump === undefined ? 'write' : 'read', databaseUri });
  if (deprecation !== undefined) (await session.log()).warning(deprecation);
  const { dumpChain, extractLoad } = await import('../actions/run/extract-load.js');
  const request = {
    ...names,
    stateId,
    transform,
    blockOptions: { ...(await blockOptionsOf(options, session)), catalog, state },
    runOptions: { ...runChoicesOf(options, env), dryRun: dry },
  };
  if (dump !== undefined) output.line(await dumpChain(session, request, dump));
  else exit((await extractLoad(session, request, observeOnTerminal)).exitCode);
}
