import type { Command } from 'commander';
import { importStates } from '../../../actions/state/edit.js';
import { parseExport } from '../../../actions/state/parse.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';
import { readInput } from '../../read-input.js';

const options = { ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateImport(command: Command, { open }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[file]', 'what `state export` printed; `-` is stdin', '-')
    .addHelpText(
      'after',
      examples('tapline state import states.json', 'tapline state export | tapline --cwd other state import'),
    )
    .action(async (file: string, { databaseUri }: Options) => {
      // All of it is checked before the first state is written.
      const states = parseExport(await readInput(file, 'FILE'));
      const session = await open({ policy: 'explicit', access: 'write', databaseUri });
      await importStates(session, states);
      (await session.log()).info(`Successfully imported ${states.length} state(s).`);
    });
}
