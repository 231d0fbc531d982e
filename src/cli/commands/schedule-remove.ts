import type { Command } from 'commander';
import { removeEntry } from '../../project/edit/named-entries.js';
import type { CommandContext } from '../context.js';
import { editable } from '../editable.js';
import { findSchedule } from '../schedule-options.js';
import { databaseUriOption, examples } from '../shared-options.js';

export function scheduleRemove(command: Command, { open, output }: CommandContext): Command {
  return command
    .argument('<name>')
    .addOption(databaseUriOption())
    .addHelpText('after', examples('tapline schedule remove nightly'))
    .action(async (name: string, { databaseUri }: { databaseUri?: string }) => {
      const session = await open({ policy: 'explicit', access: 'write', databaseUri });
      findSchedule(session.project, name);
      await removeEntry(await editable(session), ['schedules'], name);
      output.line(`Removed schedule '${name}'`);
    });
}
