import type { Command } from 'commander';
import type { PluginType } from '../../project/types.js';
import { configTarget } from '../config-target.js';
import type { CommandContext } from '../context.js';
import { safeOptions } from '../safe-options.js';
import { databaseUriOption, examples, formatOption, pluginTypeOption } from '../shared-options.js';

interface Options {
  format: 'json' | 'env';
  extras?: true;
  pluginType?: PluginType;
  safe: boolean;
  databaseUri?: string;
}

export function configPrint(command: Command, { open, output }: CommandContext): Command {
  for (const option of safeOptions()) command.addOption(option);
  return command
    .argument('<plugin>', '`meltano` for the settings of the project itself')
    .addOption(formatOption(['json', 'env']))
    .option('--extras', 'print the extras (select, metadata, ...) instead')
    .addOption(pluginTypeOption())
    .addOption(databaseUriOption())
    .addHelpText(
      'after',
      examples('tapline config print tap-github', 'tapline config --unsafe print tap-github --format env'),
    )
    .action(async (name: string, { format, extras, pluginType, safe, databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'read', databaseUri });
      const target = await configTarget(session, name, pluginType);
      const [shown, { formatEnv }, { pythonJson }] = await Promise.all([
        import('../../settings/redact.js'),
        import('../../settings/env-format.js'),
        import('../../python-json.js'),
      ]);
      const options = { safe, extras };
      if (format === 'env') {
        const env = target.plugin
          ? shown.printableEnv(target.resolved, options)
          : shown.printableProjectEnv(target.settings, options);
        return output.line(formatEnv(env));
      }
      const config = target.plugin
        ? shown.printableConfig(target.resolved, options)
        : shown.printableProject(target.settings, options);
      output.line(pythonJson(config, 2));
    });
}
