import type { Command } from 'commander';
import { installMode } from '../../../actions/install-mode.js';
import { logEvents } from '../../../actions/log-events.js';
import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { installChoice } from '../../install-choice.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, installDefinitions, pluginType, safe } from '../../options/common.js';

const options = { ...safe, ...pluginType, ...installDefinitions, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function configTest(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  command.argument('<plugin>', 'an extractor or a loader');
  return command
    .addHelpText(
      'after',
      `${examples('tapline config test tap-github', 'tapline --environment=prod config test target-postgres')}

An extractor is started and stopped at its first record; a loader writes one record, into 'meltano_test_stream'.`,
    )
    .action(async (name: string, options: Options) => {
      const session = await open({ policy: 'explicit', access: 'read', databaseUri: options.databaseUri });
      await session.fetchMissingLocks([name]);
      const [plugins, log] = [await session.plugins(), await session.log()];
      if (name === 'meltano' && plugins.find(name, options.pluginType) === undefined) {
        throw new TaplineError('USAGE', 'Testing of the Meltano project configuration is not supported.', {
          exitCode: 1,
          hint: '`tapline validate` checks the project.',
        });
      }
      const plugin = plugins.get(name, options.pluginType);
      const install = await installMode(installChoice(options), session);
      const { testConfig } = await import('../../../run/alone/config-test.js');
      const result = await testConfig(plugin, install, await session.world(), [await logEvents(log)]);
      if (result === 'installed') return;
      if (result.isValid) return output.line('Plugin configuration is valid');
      throw new TaplineError('CONFIG_INVALID', `Plugin configuration is invalid: ${session.mask.text(result.detail)}`, {
        at: plugin.at,
        hint: `\`tapline config list ${name}\` shows the settings, \`tapline config explain ${name}\` where they come from.`,
      });
    });
}
