import type { Command } from 'commander';
import type { OptionsOf } from '../../../option-definition.js';
import { pythonRepr } from '../../../python-json.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, textOrJson } from '../../options/common.js';

const options = { ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function jobList(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[job]', 'only this one')
    .addHelpText('after', examples('tapline job list', 'tapline job list nightly --format json'))
    .action(async (name: string | undefined, { format, databaseUri }: Options) => {
      const { project } = await open({ policy: 'explicit', access: 'read', databaseUri });
      const jobs = project.jobs.filter((job) => name === undefined || job.name === name);
      const listed = jobs.map(({ name: job_name, tasks }) => ({ job_name, tasks }));
      // An unknown job is not a failure in the original, and clients rely on the exit code.
      if (name !== undefined && listed[0] === undefined) return output.line(`Job '${name}' does not exist.`);
      if (format === 'json') return output.json(name === undefined ? { jobs: listed } : listed[0]);
      for (const { job_name, tasks } of listed) output.line(`${job_name}: ${pythonRepr(tasks)}`);
    });
}
