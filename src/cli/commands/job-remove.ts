import type { Command } from 'commander';
import { didYouMean } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import { removeEntry } from '../../project/edit/named-entries.js';
import type { CommandContext } from '../context.js';
import { editable } from '../editable.js';
import { databaseUriOption, examples } from '../shared-options.js';

export function jobRemove(command: Command, { open, output }: CommandContext): Command {
  return command
    .argument('<job>')
    .addOption(databaseUriOption())
    .addHelpText('after', examples('tapline job remove nightly'))
    .action(async (name: string, { databaseUri }: { databaseUri?: string }) => {
      const session = await open({ policy: 'explicit', access: 'write', databaseUri });
      const names = session.project.jobs.map((job) => job.name);
      if (!names.includes(name)) {
        throw new TaplineError('JOB_UNKNOWN', `Job '${name}' does not exist.`, { hint: didYouMean(name, names) });
      }
      await removeEntry(await editable(session), ['jobs'], name);
      output.line(`Removed job '${name}'.`);
    });
}
