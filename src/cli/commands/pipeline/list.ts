import type { Command } from 'commander';
import { type PipelineStatus, readPipelineStatus } from '../../../actions/pipelines/status.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, textOrJson } from '../../options/common.js';
import { ageText, pipelineEntry } from './entry.js';

const options = { ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function pipelineList(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText(
      'after',
      `${examples('tapline pipeline list', 'tapline --environment=prod pipeline list --format json')}

Shows runs in the active environment. A pipeline is stale if its last success is older than its max_age_hours.`,
    )
    .action(async ({ format, databaseUri }: Options) => {
      const session = await open({ policy: 'default', access: 'read', databaseUri });
      const all = await readPipelineStatus(session.project.pipelines, session);
      if (format === 'json') return output.json({ pipelines: all.map(pipelineEntry) });
      if (all.length === 0) return (await session.log()).info('No pipelines are defined.');
      output.line(await pipelineTable(all));
    });
}

async function pipelineTable(all: readonly PipelineStatus[]): Promise<string> {
  const [{ localTime, table }, { duration }] = await Promise.all([
    import('../../table.js'),
    import('../../../observe/units.js'),
  ]);
  const rows = all.map(({ pipeline, nextRunAt, lastRun, ageHours, isStale }) => [
    pipeline.id,
    pipeline.steps.join(', '),
    [pipeline.interval, pipeline.timezone].filter((text) => text !== undefined).join(' '),
    localTime(nextRunAt),
    localTime(lastRun?.startedAt),
    lastRun?.status ?? 'never ran',
    [ageHours === undefined ? '' : `${ageText(ageHours, duration)} ago`, isStale ? 'stale' : '']
      .filter((text) => text !== '')
      .join(', '),
  ]);
  return table(['pipeline', 'steps', 'interval', 'next', 'last run', 'status', 'last success'], rows);
}
