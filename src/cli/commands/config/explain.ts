import type { Command } from 'commander';
import { configTarget } from '../../../actions/config/target.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { all, databaseUri, described, pluginType, safe, textOrJson } from '../../options/common.js';

const options = {
  ...safe,
  ...described(all, 'include settings that have their default'),
  ...textOrJson,
  ...pluginType,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

export function configExplain(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<plugin>', '`meltano` for the settings of the project itself')
    .argument('[setting]', 'a setting or an extra (`select`); all that are set where it is left out')
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
        const [{ explainSettings }, lists] = await Promise.all([
          import('../../../actions/config/explain.js'),
          import('./setting-explanation.js'),
        ]);
        const target = await configTarget(session, name, pluginType);
        const explained = await explainSettings(session, target, { setting, all: all === true });
        const owner = { name, target, project: session.project, safe };
        if (format === 'json') output.json(lists.explanationEntry(explained, owner));
        else output.text(lists.explanationText(explained, owner));
      },
    );
}
