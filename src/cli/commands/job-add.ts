import type { Command } from 'commander';
import { TaplineError } from '../../errors.js';
import { addEntry } from '../../project/edit/named-entries.js';
import { pythonRepr } from '../../python-json.js';
import type { CommandContext } from '../context.js';
import { editable } from '../editable.js';
import { readTasks, tasksOption } from '../job-tasks.js';
import { databaseUriOption, examples } from '../shared-options.js';

export function jobAdd(command: Command, { open, output }: CommandContext): Command {
  return command
    .argument('<job>')
    .addOption(tasksOption())
    .addOption(databaseUriOption())
    .addHelpText(
      'after',
      examples(
        "tapline job add nightly --tasks 'tap-github target-postgres dbt:run'",
        `tapline job add nightly --tasks '["tap-github target-postgres", "dbt:run"]'`,
      ),
    )
    .action(async (name: string, options: { tasks: string; databaseUri?: string }) => {
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
