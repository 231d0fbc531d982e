import type { Command } from 'commander';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, textOrJson } from '../../options/common.js';

const options = { ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function environmentList(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText('after', examples('tapline environment list', 'tapline environment list --format json'))
    .action(async ({ format, databaseUri }: Options) => {
      const { project } = await open({ policy: 'none', access: 'read', databaseUri });
      const environments = project.environments.map(({ name }) => ({
        name,
        is_default: name === project.defaultEnvironment,
      }));
      if (format === 'json') return output.json({ environments });
      for (const { name } of environments) output.line(name);
    });
}
