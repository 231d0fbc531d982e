import type { Command } from 'commander';
import { editTarget } from '../../../actions/config/edit-target.js';
import type { OptionsOf } from '../../../option-definition.js';
import { resetSettings, storeLabels } from '../../../settings/edit-settings.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, pluginType } from '../../options/common.js';
import { store, yes } from '../../options/project.js';

const options = { ...store, ...yes, ...pluginType, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function configReset(command: Command, { open, output, confirm }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<plugin>', '`meltano` for the settings of the project itself')
    .addHelpText('after', examples('tapline config reset tap-github --yes'))
    .action(async (name: string, { store, yes, pluginType, databaseUri }: Options) => {
      if (!yes) await confirm('Are you sure you want to reset all of these settings?');
      const session = await open({ policy: 'explicit', access: 'write', databaseUri });
      const target = await editTarget(session, name, pluginType);
      const changed = await resetSettings(target, store);
      const where = changed.map((chosen) => storeLabels[chosen]).join(' and ');
      output.line(
        changed.length > 0
          ? `${target.label} settings in ${where} were reset`
          : `${target.label} had no settings to reset`,
      );
    });
}
