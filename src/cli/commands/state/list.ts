import type { Command } from 'commander';
import picocolors from 'picocolors';
import { hasColors } from '../../../observe/colors.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';
import { pattern } from '../../options/stores.js';

const options = { ...pattern, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateList(command: Command, { open, output, env }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText('after', examples('tapline state list', "tapline state list --pattern 'prod:*'"))
    .action(async ({ pattern, databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'read', databaseUri });
      const backend = await session.state();
      const states = await backend.list(pattern);
      if (states.length === 0) return (await session.log()).info('No state IDs found.');
      const paint = picocolors.createColors(hasColors(output, env));
      const colors = { valid: paint.green, empty: paint.yellow, invalid: paint.red };
      for (const { stateId, status } of states) output.line(colors[status](stateId));
    });
}
