import type { Command } from 'commander';
import { platformLogFolder } from '../../../observe/run-log-file.js';
import type { CommandContext } from '../../context.js';
import { examples } from '../../options/commander.js';

export function logsDir(command: Command, { open, output, env }: CommandContext): Command {
  return command.addHelpText('after', examples('tapline logs dir')).action(async () => {
    await open({ policy: 'none', access: 'read' });
    output.line(platformLogFolder(env));
  });
}
