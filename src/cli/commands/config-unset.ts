import type { Command } from 'commander';
import type { PluginType } from '../../project/types.js';
import { splitSettingName, storeLabels, unsetSetting, type WritableStore } from '../../settings/edit-settings.js';
import type { CommandContext } from '../context.js';
import { editTarget } from '../edit-target.js';
import { databaseUriOption, examples, pluginTypeOption } from '../shared-options.js';
import { storeOption } from '../store-option.js';

interface Options {
  store: WritableStore;
  pluginType?: PluginType;
  databaseUri?: string;
}

export function configUnset(command: Command, { open, output }: CommandContext): Command {
  return command
    .argument('<plugin>', '`meltano` for the settings of the project itself')
    .argument('<name...>', 'the setting, dotted or as several words')
    .addOption(storeOption())
    .addOption(pluginTypeOption())
    .addOption(databaseUriOption())
    .addHelpText('after', examples('tapline config unset tap-github start_date'))
    .action(async (name: string, words: string[], { store, pluginType, databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'write', databaseUri });
      const target = await editTarget(session, name, pluginType);
      const path = words.length === 1 ? splitSettingName(words[0] ?? '') : words;
      const changed = await unsetSetting(target, path, store);
      const where = changed.map((chosen) => storeLabels[chosen]).join(' and ');
      const setting = `${target.label} setting '${path.join('.')}'`;
      output.line(changed.length > 0 ? `${setting} in ${where} was unset` : `${setting} was not set`);
    });
}
