import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { examples } from '../options/commander.js';

/** Prints the address instead of opening a browser as the original does, since a server has none. */
export function docs(command: Command, { output }: CommandContext): Command {
  return command.addHelpText('after', examples('tapline docs')).action(() => {
    output.line('Each command explains itself: tapline <command> --help.');
    output.line('Projects, settings and plugins are those of Meltano: https://docs.meltano.com/');
  });
}
