import type { Command } from 'commander';
import { editTarget } from '../../../actions/config/edit-target.js';
import type { OptionsOf } from '../../../option-definition.js';
import { splitSettingName, storeLabels, unsetSetting } from '../../../settings/edit-settings.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, pluginType } from '../../options/common.js';
import { store } from '../../options/project.js';

const options = { ...store, ...pluginType, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function configUnset(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<plugin>', '`meltano` for the settings of the project itself')
    .argument('<name...>', 'the setting, dotted or as several words')
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
