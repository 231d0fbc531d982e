import type { Command } from 'commander';
import picocolors from 'picocolors';
import { hasColors } from '../../observe/colors.js';
import type { CommandContext } from '../context.js';
import { databaseUriOption, examples } from '../shared-options.js';

export function stateList(command: Command, { open, output, env }: CommandContext): Command {
  return command
    .option('--pattern <glob>', 'only state IDs that match; `*` stands for any text')
    .addOption(databaseUriOption())
    .addHelpText('after', examples('tapline state list', "tapline state list --pattern 'prod:*'"))
    .action(async ({ pattern, databaseUri }: { pattern?: string; databaseUri?: string }) => {
      const session = await open({ policy: 'explicit', access: 'read', databaseUri });
      const backend = await session.state();
      const states = await backend.list(pattern);
      if (states.length === 0) return (await session.log()).info('No state IDs found.');
      const paint = picocolors.createColors(hasColors(output, env));
      const colors = { valid: paint.green, empty: paint.yellow, invalid: paint.red };
      for (const { stateId, status } of states) output.line(colors[status](stateId));
    });
}
