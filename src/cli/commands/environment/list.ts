import type { Command } from 'commander';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';

const options = { ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function environmentList(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command.addHelpText('after', examples('tapline environment list')).action(async ({ databaseUri }: Options) => {
    const { project } = await open({ policy: 'none', access: 'read', databaseUri });
    for (const { name } of project.environments) output.line(name);
  });
}
