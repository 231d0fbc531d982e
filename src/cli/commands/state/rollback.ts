import type { Command } from 'commander';
import { rollbackState } from '../../../actions/state/edit.js';
import { chooseVersion } from '../../../actions/state/versions.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples, wholeNumber } from '../../options/commander.js';
import { databaseUri, force } from '../../options/common.js';
import { openForState } from './open-for-state.js';

const options = { ...force, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateRollback(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<state-id>')
    .argument('[version]', 'the last one before the present where it is left out', wholeNumber(0))
    .addHelpText(
      'after',
      `${examples('tapline state rollback dev:tap-x-to-target-y', 'tapline state rollback dev:tap-x-to-target-y 3 --force')}

The next run reads again what was read since that version; rows in the destination stay. The current state stays in the
history, so a rollback can be undone.`,
    )
    .action(async (stateId: string, wanted: number | undefined, { force, databaseUri }: Options) => {
      const session = await openForState(context, stateId, { access: 'write', databaseUri });
      const target = await chooseVersion(session, stateId, wanted);
      const when = `${target.savedAt.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
      if (!force)
        await context.confirm(`This will return '${stateId}' to version ${target.version} of ${when}. Continue?`);
      await rollbackState(session, stateId, target, { force });
      (await session.log()).info(`Rolled back ${stateId} to version ${target.version} of ${when}.`);
    });
}
