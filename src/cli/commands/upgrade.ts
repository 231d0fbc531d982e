import { Argument, type Command } from 'commander';
import type { CommandContext } from '../context.js';
import { databaseUriOption, examples } from '../shared-options.js';

interface Options {
  skipPackage?: true;
  databaseUri?: string;
}

/** Upgrades the database, and tells how to upgrade what the program can't upgrade itself. */
export function upgrade(command: Command, { open, output }: CommandContext): Command {
  return command
    .addArgument(
      new Argument('[part]', 'what to upgrade').choices(['all', 'package', 'files', 'database']).default('all'),
    )
    .option('--pip-url <url>', 'taken and left unused: this program is not a Python package')
    .option('--force', 'taken and left unused')
    .option('--skip-package', 'say nothing of the package')
    .addOption(databaseUriOption())
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
