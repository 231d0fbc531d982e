import type { Command } from 'commander';
import { editable } from '../../../actions/editable-project.js';
import { didYouMean } from '../../../did-you-mean.js';
import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import { editMain, removeEntry } from '../../../project/edit/named-entries.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';

const options = { ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function environmentRemove(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<name>')
    .addHelpText('after', examples('tapline environment remove staging'))
    .action(async (name: string, { databaseUri }: Options) => {
      const session = await open({ policy: 'none', access: 'write', databaseUri });
      const { environments } = session.project;
      const environment = environments.find((candidate) => candidate.name === name);
      if (environment === undefined) {
        const names = environments.map((candidate) => candidate.name);
        throw new TaplineError('ENVIRONMENT_UNKNOWN', `Environment '${name}' was not found.`, {
          hint: didYouMean(name, names),
        });
      }
      const project = await editable(session);
      if (environment.declaredIn === 'env')
        await editMain(project, () => [{ op: 'delete', path: ['env', name], prune: true }]);
      else await removeEntry(project, ['environments'], name);
      output.line(`Removed environment '${name}'`);
    });
}
