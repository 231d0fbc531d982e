import type { Command } from 'commander';
import { editable } from '../../../actions/editable-project.js';
import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import { addEntry } from '../../../project/edit/named-entries.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';

const options = { ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function environmentAdd(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<name>')
    .addHelpText('after', examples('tapline environment add staging'))
    .action(async (name: string, { databaseUri }: Options) => {
      const session = await open({ policy: 'none', access: 'write', databaseUri });
      refuseName(name);
      if (session.project.environments.some((environment) => environment.name === name)) {
        throw new TaplineError('ENTRY_EXISTS', `An environment named '${name}' already exists.`);
      }
      await addEntry(await editable(session), ['environments'], { name });
      output.line(`Created new environment '${name}'`);
    });
}

/** State IDs have the form `environment:tap-to-target`, so a colon in a name would make them ambiguous. */
function refuseName(name: string): void {
  if (name !== '' && !name.includes(':')) return;
  throw new TaplineError(
    'STATE_ID_INVALID',
    `'${name}' is not a valid environment name: it contains a colon or is empty`,
    {
      hint: 'State IDs consist of the environment, a colon and the plugins.',
    },
  );
}
