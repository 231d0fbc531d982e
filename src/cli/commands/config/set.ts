import type { Command } from 'commander';
import { editTarget } from '../../../actions/config/edit-target.js';
import { didYouMean } from '../../../did-you-mean.js';
import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import { pythonRepr } from '../../../python-json.js';
import { setSetting, settingNames, splitSettingName, storeLabels } from '../../../settings/edit-settings.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, pluginType, safe } from '../../options/common.js';
import { fromFile, store } from '../../options/project.js';
import { readInput } from '../../read-input.js';

const options = { ...safe, ...store, ...fromFile, ...pluginType, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function configSet(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<plugin>', '`meltano` for the settings of the project itself')
    .argument('<name-and-value...>', 'the setting (dotted, or several words) and its value')
    .addHelpText(
      'after',
      examples(
        'tapline config set tap-github start_date 2024-01-01',
        `tapline config set tap-github repositories '["meltano/sdk"]'`,
        'tapline config set tap-github metadata.issues.replication-key -- updated_at',
        'tapline --environment=prod config set target-postgres host db.example.com',
      ),
    )
    .action(async (name: string, words: string[], { store, fromFile, pluginType, safe, databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'write', databaseUri });
      const { path, value: text } = await readWords(words, fromFile);
      const target = await editTarget(session, name, pluginType);
      const before = target.settings.get(path.join('.'));
      const { store: chosen, value, known } = await setSetting(target, path, text, store);
      const log = await session.log();
      const setting = path.join('.');
      if (!known) log.warning(`Unknown setting '${setting}'`, { hint: didYouMean(setting, settingNames(target)) });
      const shown = safe && before?.sensitive ? '(redacted)' : pythonRepr(value);
      output.line(`${target.label} setting '${setting}' was set in ${storeLabels[chosen]}: ${shown}`);
      const { layer, variable } = before?.origin ?? { layer: 'unset' as const, variable: undefined };
      const isHidden = layer === 'env' || (layer === 'dotenv' && chosen !== 'dotenv');
      if (isHidden)
        log.warning(
          `'${setting}' is still set by the variable ${variable}, which takes precedence over ${storeLabels[chosen]}`,
        );
    });
}

async function readWords(
  words: readonly string[],
  file: string | undefined,
): Promise<{ path: string[]; value: string }> {
  const names = file === undefined ? words.slice(0, -1) : words;
  if (names.length === 0) {
    throw new TaplineError('USAGE', 'missing setting and value', {
      hint: 'For example: tapline config set tap-x start_date 2024-01-01',
    });
  }
  const path = names.length === 1 ? splitSettingName(names[0] ?? '') : [...names];
  return { path, value: file === undefined ? (words.at(-1) ?? '') : (await readInput(file, '--from-file')).trim() };
}
