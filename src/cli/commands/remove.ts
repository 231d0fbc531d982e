import type { Command } from 'commander';
import { type RemovedPlugin, removePlugins } from '../../actions/plugins/remove.js';
import { describeType } from '../../install/hub/hub.js';
import type { Log } from '../../observe/log.js';
import type { OptionsOf } from '../../option-definition.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, pluginType } from '../options/common.js';

const options = { ...pluginType, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

/** As in the original, a missing plugin is only a warning, and the exit code stays 0. */
export function remove(command: Command, { open }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<plugins...>')
    .addHelpText(
      'after',
      `${examples('tapline remove tap-github', 'tapline remove dbt-postgres airflow')}

Removes the entry in meltano.yml, the lock files and the virtual environment. Keeps state, settings in .env and in
environments, and lock files that other plugins need.`,
    )
    .action(async (names: string[], { pluginType, databaseUri }: Options) => {
      const session = await open({ policy: 'none', access: 'write', databaseUri });
      const log = await session.log();
      const removed = await removePlugins(session, names, pluginType);
      for (const plugin of removed) logRemoved(plugin, log);
      const complete = removed.filter(({ isComplete }) => isComplete).length;
      if (removed.length > 1) log.info(`Fully removed ${complete}/${removed.length} plugins`);
    });
}

function logRemoved({ type, name, places }: RemovedPlugin, log: Log): void {
  const what = `${describeType(type)} '${name}'`;
  log.info(`Removing ${what}...`);
  for (const { place, isRemoved } of places) {
    if (isRemoved) log.info(`Removed ${what} from ${place}`);
    else log.warning(`Could not find ${what} in ${place} to remove`);
  }
}
