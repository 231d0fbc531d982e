import { Argument, type Command } from 'commander';
import type { CommandContext } from '../context.js';
import { databaseUriOption, examples } from '../shared-options.js';

interface Options {
  skipPackage?: true;
  databaseUri?: string;
}

/** What can be done from inside a program is done; what its package manager has to do is said. */
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
        output.line('This program is upgraded by what installed it, for example: npm install --global tapline@latest');
      }
      if (part === 'all' || part === 'files') {
        output.line('Files of file bundles are not updated: `tapline add NAME --plugin-type files` copies new ones.');
      }
      if (part === 'all' || part === 'database') {
        const session = await open({ policy: 'none', access: 'write', databaseUri });
        await session.history();
        output.line('The system database is up to date.');
      }
    });
}
