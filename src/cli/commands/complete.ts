import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { examples } from '../options/commander.js';

/** Called by the completion scripts of shells: prints one candidate per line, or nothing. */
export function complete(command: Command, context: CommandContext): Command {
  return command
    .argument('[words...]', 'the words typed so far, the last one unfinished')
    .addHelpText('after', examples('tapline complete -- run tap-'))
    .action(async (words: string[]) => {
      const { candidatesFor } = await import('../candidates.js');
      for (const candidate of await candidatesFor(words, context)) context.output.line(candidate);
    });
}
