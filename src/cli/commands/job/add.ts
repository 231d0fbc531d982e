import type { Command } from 'commander';
import { editable } from '../../../actions/editable-project.js';
import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import { addEntry } from '../../../project/edit/named-entries.js';
import { pythonRepr } from '../../../python-json.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri } from '../../options/common.js';
import { tasks } from '../../options/project.js';
import { readTasks } from './tasks.js';

const options = { ...tasks, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function jobAdd(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<job>')
    .addHelpText(
      'after',
      examples(
        "tapline job add nightly --tasks 'tap-github target-postgres dbt:run'",
        `tapline job add nightly --tasks '["tap-github target-postgres", "dbt:run"]'`,
      ),
    )
    .action(async (name: string, options: Options) => {
      const session = await open({ policy: 'explicit', access: 'write', databaseUri: options.databaseUri });
      const tasks = await readTasks(session, name, options.tasks);
      if (session.project.jobs.some((job) => job.name === name)) {
        throw new TaplineError('ENTRY_EXISTS', `Job '${name}' already exists.`, {
          hint: `To change it: tapline job set ${name} --tasks ...`,
        });
      }
      await addEntry(await editable(session), ['jobs'], { name, tasks });
      output.line(`Added job ${name}: ${pythonRepr(tasks)}`);
    });
}
