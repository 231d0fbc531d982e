import type { Command } from 'commander';
import { setState } from '../../../actions/state/edit.js';
import { parseState } from '../../../actions/state/parse.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples, requireOne } from '../../options/commander.js';
import { databaseUri, force } from '../../options/common.js';
import { inputFile, validation } from '../../options/stores.js';
import { readInput } from '../../read-input.js';
import { openForState, stamp } from './open-for-state.js';

const options = { ...force, ...inputFile, ...validation, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateSet(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<state-id>')
    .argument('[state]', 'as `state get` prints it')
    .addHelpText(
      'after',
      examples(
        'tapline state set dev:tap-github-to-target-postgres --input-file state.json',
        `tapline state set --force my-id '{"singer_state": {"bookmarks": {}}}'`,
      ),
    )
    .action(
      async (stateId: string, state: string | undefined, { force, inputFile, validate, databaseUri }: Options) => {
        if (!force) await context.confirm("This will overwrite the state's current value. Continue?");
        requireOne({ '--input-file': inputFile, STATE: state });
        const parsed = parseState(state ?? (await readInput(inputFile ?? '', '--input-file')), validate);
        const session = await openForState(context, stateId, { access: 'write', databaseUri });
        await setState(session, stateId, parsed, { force });
        (await session.log()).info(`State for ${stateId} was successfully set at ${stamp()}.`);
      },
    );
}
