import type { Command } from 'commander';
import type { RunListing } from '../../../history/port.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, described, limit, stateId, textOrJson } from '../../options/common.js';
import { statusDefinition } from '../../options/stores.js';
import { commandOf, runEntry } from './entry.js';

const options = {
  ...limit,
  status: statusDefinition(
    ['running', 'success', 'failed', 'stopped', 'skipped', 'dead'],
    'only runs with this status',
  ),
  ...described(stateId, 'only runs with this state ID'),
  ...textOrJson,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

export function runsList(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText('after', examples('tapline runs list', 'tapline runs list --status failed --limit 50 --format json'))
    .action(async ({ limit, status, stateId, format, databaseUri }: Options) => {
      const session = await open({ policy: 'none', access: 'read', databaseUri });
      const history = await session.history();
      const runs = await history.listRuns({ limit, status, stateId });
      if (format === 'json') return output.json({ runs: runs.map(runEntry) });
      if (runs.length === 0) return (await session.log()).info('No runs found.');
      output.line(await runTable(runs));
    });
}

async function runTable(runs: readonly RunListing[]): Promise<string> {
  const [{ localTime, table }, { duration, whole }] = await Promise.all([
    import('../../table.js'),
    import('../../../observe/units.js'),
  ]);
  const rows = runs.map((run) => [
    run.runId,
    run.status,
    localTime(run.startedAt),
    run.durationSeconds === undefined ? '' : duration(run.durationSeconds),
    run.failedBlocks > 0 ? `${run.failedBlocks} of ${run.blocks} failed` : String(run.blocks),
    whole(run.recordsLoaded),
    run.environment ?? '',
    commandOf(run) + (run.retryOf === undefined ? '' : ` (retry of ${run.retryOf.slice(0, 13)})`),
  ]);
  return table(['run', 'status', 'started', 'took', 'blocks', 'records', 'environment', 'command'], rows);
}
