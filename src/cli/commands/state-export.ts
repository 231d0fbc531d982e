import type { Command } from 'commander';
import { exactJson } from '../../singer/exact-json.js';
import type { CommandContext } from '../context.js';
import { databaseUriOption, examples } from '../shared-options.js';

export function stateExport(command: Command, { open, output }: CommandContext): Command {
  return command
    .addOption(databaseUriOption())
    .addHelpText('after', examples('tapline state export > states.json'))
    .action(async ({ databaseUri }: { databaseUri?: string }) => {
      const session = await open({ policy: 'explicit', access: 'read', databaseUri });
      const backend = await session.state();
      const states = new Map<string, unknown>();
      for (const { stateId } of await backend.list()) {
        const state = await backend.read(stateId);
        if (state) states.set(stateId, { completed: state.completed, partial: state.partial });
      }
      output.line(exactJson(Object.fromEntries(states)));
    });
}
