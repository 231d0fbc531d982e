import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { examples } from '../shared-options.js';

/** What the shells' completion scripts ask: one candidate a line; nothing, and no error, where there is none. */
export function complete(command: Command, context: CommandContext): Command {
  return command
    .argument('[words...]', 'the words typed so far, the last one unfinished')
    .addHelpText('after', examples('tapline complete -- run tap-'))
    .action(async (words: string[]) => {
      const { candidatesFor } = await import('../candidates.js');
      for (const candidate of await candidatesFor(words, context)) context.output.line(candidate);
    });
}
