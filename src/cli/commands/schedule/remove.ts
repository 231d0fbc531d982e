import type { Command } from 'commander';
import { editable } from '../../../actions/editable-project.js';
import { findSchedule } from '../../../actions/schedules.js';
import type { OptionsOf } from '../../../option-definition.js';
import { removeEntry } from '../../../project/edit/named-entries.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';

const options = { ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function scheduleRemove(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<name>')
    .addHelpText('after', examples('tapline schedule remove nightly'))
    .action(async (name: string, { databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'write', databaseUri });
      findSchedule(session.project, name);
      await removeEntry(await editable(session), ['schedules'], name);
      output.line(`Removed schedule '${name}'`);
    });
}
