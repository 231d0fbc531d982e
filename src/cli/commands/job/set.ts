import type { Command } from 'commander';
import { editable } from '../../../actions/editable-project.js';
import type { OptionsOf } from '../../../option-definition.js';
import { editEntry } from '../../../project/edit/named-entries.js';
import { pythonRepr } from '../../../python-json.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';
import { tasks } from '../../options/project.js';
import { readTasks } from './tasks.js';

const options = { ...tasks, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function jobSet(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<job>')
    .addHelpText('after', examples(`tapline job set nightly --tasks '["tap-github target-postgres", "dbt:build"]'`))
    .action(async (name: string, options: Options) => {
      const session = await open({ policy: 'explicit', access: 'write', databaseUri: options.databaseUri });
      const tasks = await readTasks(session, name, options.tasks);
      // Not a failure in the original, and scripts rely on the exit code.
      if (!session.project.jobs.some((job) => job.name === name)) return output.line(`Job '${name}' does not exist.`);
      await editEntry(await editable(session), ['jobs'], name, () => [{ op: 'set', path: ['tasks'], value: tasks }]);
      output.line(`Updated job ${name}: ${pythonRepr(tasks)}`);
    });
}
