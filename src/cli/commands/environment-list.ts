import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { databaseUriOption, examples } from '../shared-options.js';

export function environmentList(command: Command, { open, output }: CommandContext): Command {
  return command
    .addOption(databaseUriOption())
    .addHelpText('after', examples('tapline environment list'))
    .action(async ({ databaseUri }: { databaseUri?: string }) => {
      const { project } = await open({ policy: 'none', access: 'read', databaseUri });
      for (const { name } of project.environments) output.line(name);
    });
}
