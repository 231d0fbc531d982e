import type { Command } from 'commander';
import { TaplineError } from '../../errors.js';
import type { OptionsOf } from '../../option-definition.js';
import type { StateLease } from '../../state/port.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, force } from '../options/common.js';
import { setState, withLease } from '../state-edit.js';
import { openForState } from '../state-session.js';
import { readMergedState, stamp } from '../state-source.js';

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
      if (from === to) throw new TaplineError('USAGE', 'The two state IDs are the same.');
      const session = await openForState(context, to, { access: 'write', databaseUri });
      const backend = await session.state();
      // The source's lease is held throughout, so that no run can save to it between the copy and the clearing.
      const move = async (lease: StateLease) => {
        await setState(session, to, await readMergedState(session, from), { force });
        await backend.clear(lease);
      };
      await withLease(session, from, move, { force });
      (await session.log()).info(`State for ${from} was successfully moved to ${to} at ${stamp()}.`);
    });
}
