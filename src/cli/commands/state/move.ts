import type { Command } from 'commander';
import { moveState } from '../../../actions/state/edit.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, force } from '../../options/common.js';
import { openForState, stamp } from './open-for-state.js';

const options = { ...force, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateMove(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<from>', 'state ID')
    .argument('<to>', 'state ID')
    .addHelpText('after', examples('tapline state move dev:tap-x-to-target-y dev:tap-x-to-target-z'))
    .action(async (from: string, to: string, { force, databaseUri }: Options) => {
      if (!force) await context.confirm('This will clear the source state and overwrite destination state. Continue?');
      const session = await openForState(context, to, { access: 'write', databaseUri });
      await moveState(session, from, to, { force });
      (await session.log()).info(`State for ${from} was successfully moved to ${to} at ${stamp()}.`);
    });
}
