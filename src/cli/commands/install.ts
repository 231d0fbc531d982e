import type { Command } from 'commander';
import { pluginsToInstall } from '../../actions/plugins/install.js';
import { didYouMean } from '../../did-you-mean.js';
import type { InstallEvent } from '../../install/types.js';
import type { Log } from '../../observe/log.js';
import type { OptionsOf } from '../../option-definition.js';
import type { Plugins } from '../../plugins/types.js';
import type { CommandContext } from '../context.js';
import { tellInstall } from '../install-progress.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, pluginType } from '../options/common.js';
import { installCommandDefinitions } from '../options/project.js';
import { untilSignal } from '../until-signal.js';

const options = { ...pluginType, ...installCommandDefinitions, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function install(command: Command, { open }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[plugins...]', 'only these')
    .addHelpText(
      'after',
      examples('tapline install', 'tapline install tap-github --clean', 'tapline install --schedule nightly'),
    )
    .action(async (names: string[], options: Options) => {
      const session = await open({ policy: 'none', access: 'read', databaseUri: options.databaseUri });
      const { clean, force, parallelism, pluginType: type, schedule } = options;
      const chosen = await pluginsToInstall(session, names, { type, schedule });
      const log = await session.log();
      warnOfUnknown(names, await session.plugins(), log);
      log.info(`Installing ${chosen.length} plugins`);
      const installer = await session.installer();
      const report = (event: InstallEvent) => tellInstall(event, log);
      const outcomes = await untilSignal((signal) =>
        installer.ensure(chosen, { mode: 'install', clean, force, parallelism, signal, report }),
      );
      const installed = outcomes.filter(({ status }) => status === 'installed' || status === 'current').length;
      log.info(`Installed ${installed}/${chosen.length} plugins`);
      const rest = chosen.length - installed;
      if (rest > 0) log.info(`Skipped installing ${rest}/${chosen.length} plugins`);
    });
}

/** As in the original, an unknown name is not an error: scripts install plugins that a project may not have. */
function warnOfUnknown(names: readonly string[], plugins: Plugins, log: Log): void {
  const known = plugins.names();
  for (const name of names.filter((each) => !known.includes(each))) {
    const near = didYouMean(name, known);
    log.warning(`plugin '${name}' not found${near === undefined ? '' : `. ${near}`}`, {
      code: 'PLUGIN_UNKNOWN',
    });
  }
}
