import type { Command } from 'commander';
import { editable } from '../../../actions/editable-project.js';
import { didYouMean } from '../../../did-you-mean.js';
import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import { removeEntry } from '../../../project/edit/named-entries.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';

const options = { ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function jobRemove(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<job>')
    .addHelpText('after', examples('tapline job remove nightly'))
    .action(async (name: string, { databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'write', databaseUri });
      const names = session.project.jobs.map((job) => job.name);
      if (!names.includes(name)) {
        throw new TaplineError('JOB_UNKNOWN', `Job '${name}' does not exist.`, { hint: didYouMean(name, names) });
      }
      await removeEntry(await editable(session), ['jobs'], name);
      output.line(`Removed job '${name}'.`);
    });
}
