import type { Command } from 'commander';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';
import { hubOf } from './open-hub.js';

/** Requests the smallest index, as the original does. */
export function hubPing(command: Command, context: CommandContext): Command {
  addOptions(command, databaseUri);
  return command
    .addHelpText('after', examples('tapline hub ping', 'MELTANO_HUB_URL=https://hub.example.com tapline hub ping'))
    .action(async () => {
      const { hub, close } = await hubOf(context);
      try {
        await hub.index('orchestrators');
      } finally {
        await close();
      }
      context.output.line(`Successfully connected to the Hub at '${hub.root}'`);
    });
}
