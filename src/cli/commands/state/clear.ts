import type { Command } from 'commander';
import { clearAllStates, clearState, clearStreams } from '../../../actions/state/edit.js';
import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { all, databaseUri, described, force } from '../../options/common.js';
import { stream } from '../../options/stores.js';
import { openForState } from './open-for-state.js';

const options = { ...described(all, 'clear the state of every ID'), ...stream, ...force, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateClear(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[state-id]')
    .addHelpText(
      'after',
      examples(
        'tapline state clear dev:tap-github-to-target-postgres',
        'tapline state clear dev:tap-github-to-target-postgres --stream issues',
        'tapline state clear --all --force',
      ),
    )
    .action(async (stateId: string | undefined, { all, force, stream, databaseUri }: Options) => {
      if (!force) await context.confirm('This will clear state for the job(s). Continue?');
      if ((stateId === undefined) === (all === undefined)) {
        throw new TaplineError('USAGE', 'A state ID or the --all flag must be provided, but not both.');
      }
      if (all && stream) throw new TaplineError('USAGE', '--stream requires a state ID');
      const access = { access: 'write', databaseUri } as const;
      if (stateId !== undefined && stream !== undefined) {
        const session = await openForState(context, stateId, access);
        const cleared = await clearStreams(session, stateId, stream, { force });
        (await session.log()).info(`Cleared in ${stateId}: ${cleared.join(', ')}`);
      } else if (stateId !== undefined)
        await clearState(await openForState(context, stateId, access), stateId, { force });
      else {
        const session = await context.open({ ...access, policy: 'explicit' });
        const cleared = await clearAllStates(session, { force });
        (await session.log()).info(`${cleared.length} state(s) were successfully cleared`);
      }
    });
}
