import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { readInput } from '../read-input.js';
import { databaseUriOption, examples, requireOne } from '../shared-options.js';
import { parseState, setState } from '../state-edit.js';
import { openForState } from '../state-session.js';
import { stamp } from '../state-source.js';

interface Options {
  force?: true;
  inputFile?: string;
  /** `--no-validate`. */
  validate: boolean;
  databaseUri?: string;
}

export function stateSet(command: Command, context: CommandContext): Command {
  return command
    .argument('<state-id>')
    .argument('[state]', 'as `state get` prints it')
    .option('--force', "don't ask")
    .option('--input-file <file>', 'read the state from this file')
    .option('--no-validate', 'take it without a `singer_state` key')
    .addOption(databaseUriOption())
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
