import type { Command } from 'commander';
import { configTarget } from '../../../actions/config/target.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { all, databaseUri, described, pluginType, safe } from '../../options/common.js';
import { extras, filter } from '../../options/project.js';
import { listSettings } from './setting-list.js';

const options = {
  ...safe,
  ...extras,
  ...described(all, 'include optional settings at their defaults'),
  ...filter,
  ...pluginType,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

export function configList(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<plugin>', '`meltano` for the settings of the project itself')
    .addHelpText('after', examples('tapline config list tap-github', 'tapline config list tap-github --filter token'))
    .action(async (name: string, { extras, all, filter, pluginType, safe, databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'read', databaseUri });
      const target = await configTarget(session, name, pluginType);
      const wanted = { extras: extras === true, all: all === true, filter: filter?.trim() || undefined, safe };
      for (const line of listSettings(target, session.project, wanted)) output.line(line);
    });
}
