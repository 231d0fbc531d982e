import type { Command } from 'commander';
import { configTarget } from '../../../actions/config/target.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, formatDefinition, pluginType, safe } from '../../options/common.js';
import { extras } from '../../options/project.js';

const options = { ...safe, format: formatDefinition('json', 'env'), ...extras, ...pluginType, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function configPrint(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<plugin>', '`meltano` for the settings of the project itself')
    .addHelpText(
      'after',
      examples('tapline config print tap-github', 'tapline config --unsafe print tap-github --format env'),
    )
    .action(async (name: string, { format, extras, pluginType, safe, databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'read', databaseUri });
      const target = await configTarget(session, name, pluginType);
      const [shown, { formatEnv }, { pythonJson }] = await Promise.all([
        import('../../../settings/redact.js'),
        import('../../../settings/env-format.js'),
        import('../../../python-json.js'),
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
