import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { readInput } from '../read-input.js';
import { databaseUriOption, examples } from '../shared-options.js';
import { importState, parseExport } from '../state-edit.js';

export function stateImport(command: Command, { open }: CommandContext): Command {
  return command
    .argument('[file]', 'what `state export` printed; `-` is stdin', '-')
    .addOption(databaseUriOption())
    .addHelpText(
      'after',
      examples('tapline state import states.json', 'tapline state export | tapline --cwd other state import'),
    )
    .action(async (file: string, { databaseUri }: { databaseUri?: string }) => {
      // The whole file is checked before the first state is written.
      const states = parseExport(await readInput(file, 'FILE'));
      const session = await open({ policy: 'explicit', access: 'write', databaseUri });
      for (const [stateId, halves] of states) await importState(session, stateId, halves);
      (await session.log()).info(`Successfully imported ${states.length} state(s).`);
    });
}
