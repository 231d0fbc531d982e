import type { Command } from 'commander';
import type { PluginType } from '../../project/types.js';
import { resetSettings, storeLabels, type WritableStore } from '../../settings/edit-settings.js';
import type { CommandContext } from '../context.js';
import { editTarget } from '../edit-target.js';
import { databaseUriOption, examples, pluginTypeOption } from '../shared-options.js';
import { storeOption } from '../store-option.js';

interface Options {
  store: WritableStore;
  yes?: true;
  pluginType?: PluginType;
  databaseUri?: string;
}

export function configReset(command: Command, { open, output, confirm }: CommandContext): Command {
  return command
    .argument('<plugin>', '`meltano` for the settings of the project itself')
    .addOption(storeOption())
    .option('--yes', "don't ask")
    .addOption(pluginTypeOption())
    .addOption(databaseUriOption())
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
