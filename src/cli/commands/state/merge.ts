import type { Command } from 'commander';
import { mergeState } from '../../../actions/state/edit.js';
import { parseState } from '../../../actions/state/parse.js';
import { requireState } from '../../../actions/state/read.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples, requireOne } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';
import { fromStateId, inputFile } from '../../options/stores.js';
import { readInput } from '../../read-input.js';
import { openForState, stamp } from './open-for-state.js';

const options = { ...inputFile, ...fromStateId, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateMerge(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<state-id>')
    .argument('[state]', 'as `state get` prints it')
    .addHelpText(
      'after',
      examples(
        'tapline state merge dev:tap-x-to-target-y --from-state-id prod:tap-x-to-target-y',
        `tapline state merge my-id '{"singer_state": {"bookmarks": {"users": {"id": 5}}}}'`,
      ),
    )
    .action(async (stateId: string, state: string | undefined, { inputFile, fromStateId, databaseUri }: Options) => {
      requireOne({ '--input-file': inputFile, STATE: state, '--from-state-id': fromStateId });
      const session = await openForState(context, stateId, { access: 'write', databaseUri });
      const merged =
        fromStateId === undefined
          ? parseState(state ?? (await readInput(inputFile ?? '', '--input-file')), true)
          : await requireState(session, fromStateId);
      await mergeState(session, stateId, merged);
      (await session.log()).info(`State for ${stateId} was successfully merged at ${stamp()}.`);
    });
}
