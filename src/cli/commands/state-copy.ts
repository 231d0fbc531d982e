import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { databaseUriOption, examples } from '../shared-options.js';
import { setState } from '../state-edit.js';
import { openForState } from '../state-session.js';
import { readMergedState, stamp } from '../state-source.js';

interface Options {
  force?: true;
  databaseUri?: string;
}

export function stateCopy(command: Command, context: CommandContext): Command {
  return command
    .argument('<from>', 'state ID')
    .argument('<to>', 'state ID')
    .option('--force', "don't ask")
    .addOption(databaseUriOption())
    .addHelpText('after', examples('tapline state copy dev:tap-x-to-target-y prod:tap-x-to-target-y'))
    .action(async (from: string, to: string, { force, databaseUri }: Options) => {
      if (!force) await context.confirm('This will overwrite state for the destination. Continue?');
      const session = await openForState(context, from, { access: 'write', databaseUri });
      await setState(session, to, await readMergedState(session, from), { force });
      (await session.log()).info(`State for ${to} was successfully copied from ${from} at ${stamp()}.`);
    });
}
