import type { Command } from 'commander';
import type { PluginType } from '../../project/types.js';
import { configTarget } from '../config-target.js';
import type { CommandContext } from '../context.js';
import { safeOptions } from '../safe-options.js';
import { listSettings } from '../setting-list.js';
import { databaseUriOption, examples, pluginTypeOption } from '../shared-options.js';

interface Options {
  extras?: true;
  all?: true;
  filter?: string;
  pluginType?: PluginType;
  safe: boolean;
  databaseUri?: string;
}

export function configList(command: Command, { open, output }: CommandContext): Command {
  for (const option of safeOptions()) command.addOption(option);
  return command
    .argument('<plugin>', '`meltano` for the settings of the project itself')
    .option('--extras', 'list the extras (select, metadata, ...) instead')
    .option('--all', 'list optional settings at their defaults too')
    .option('--filter <text>', 'only settings whose name contains this, in any case')
    .addOption(pluginTypeOption())
    .addOption(databaseUriOption())
    .addHelpText('after', examples('tapline config list tap-github', 'tapline config list tap-github --filter token'))
    .action(async (name: string, { extras, all, filter, pluginType, safe, databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'read', databaseUri });
      const target = await configTarget(session, name, pluginType);
      const wanted = { extras: extras === true, all: all === true, filter: filter?.trim() || undefined, safe };
      for (const line of listSettings(target, session.project, wanted)) output.line(line);
    });
}
