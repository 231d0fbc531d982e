import type { Command } from 'commander';
import type { PluginType } from '../../project/types.js';
import { configTarget } from '../config-target.js';
import type { CommandContext } from '../context.js';
import { safeOptions } from '../safe-options.js';
import { databaseUriOption, examples, formatOption, pluginTypeOption } from '../shared-options.js';

interface Options {
  format: 'text' | 'json';
  all?: true;
  pluginType?: PluginType;
  safe: boolean;
  databaseUri?: string;
}

export function configExplain(command: Command, { open, output }: CommandContext): Command {
  for (const option of safeOptions()) command.addOption(option);
  return command
    .argument('<plugin>', '`meltano` for the settings of the project itself')
    .argument('[setting]', 'a setting or an extra (`select`); all that are set where it is left out')
    .option('--all', 'those that have their default too')
    .addOption(formatOption(['text', 'json']))
    .addOption(pluginTypeOption())
    .addOption(databaseUriOption())
    .addHelpText(
      'after',
      `${examples(
        'tapline config explain tap-github token',
        'tapline --environment=prod config explain target-postgres',
        'tapline config explain meltano database_uri',
      )}

Shows the value of a setting in each layer and which one wins. Precedence, highest first: the command line, variables
(those of \`env:\` in meltano.yml before those of the shell), .env, the environment selected with --environment,
meltano.yml, the system database, the plugin that it inherits from, the default.`,
    )
    .action(
      async (name: string, setting: string | undefined, { format, all, pluginType, safe, databaseUri }: Options) => {
        const session = await open({ policy: 'explicit', access: 'read', databaseUri });
        const [target, settings, lists] = [
          await configTarget(session, name, pluginType),
          await session.settings(),
          await import('../setting-explanation.js'),
        ];
        const explained = lists.explainSettings(target, settings, { setting, all: all === true });
        const owner = { name, target, project: session.project, safe };
        if (format === 'json') output.json(lists.explanationEntry(explained, owner));
        else output.text(lists.explanationText(explained, owner));
      },
    );
}
