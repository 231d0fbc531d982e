import { Argument, type Command } from 'commander';
import type { OptionsOf } from '../../option-definition.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri } from '../options/common.js';
import { upgradeDefinitions } from '../options/project.js';

const options = { ...upgradeDefinitions, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

/** Upgrades the database, and tells how to upgrade what the program can't upgrade itself. */
export function upgrade(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addArgument(
      new Argument('[part]', 'what to upgrade').choices(['all', 'package', 'files', 'database']).default('all'),
    )
    .addHelpText('after', examples('tapline upgrade', 'tapline upgrade database'))
    .action(async (part: string, { skipPackage, databaseUri }: Options) => {
      if ((part === 'all' && !skipPackage) || part === 'package') {
        output.line(
          'Upgrade the program with the tool that installed it, for example: npm install --global tapline@latest',
        );
      }
      if (part === 'all' || part === 'files') {
        output.line('Files of file bundles are not upgraded. To copy new ones: tapline add NAME --plugin-type files');
      }
      if (part === 'all' || part === 'database') {
        const session = await open({ policy: 'none', access: 'write', databaseUri });
        await session.history();
        output.line('The system database is up to date.');
      }
    });
}
