import type { Command } from 'commander';
import { Option } from 'commander';
import type { RunListing, RunStatus } from '../../history/port.js';
import type { CommandContext } from '../context.js';
import { runEntry } from '../run-entry.js';
import { databaseUriOption, examples, formatOption, wholeNumber } from '../shared-options.js';

interface Options {
  limit: number;
  status?: RunStatus;
  stateId?: string;
  format: 'text' | 'json';
  databaseUri?: string;
}

export function runsList(command: Command, { open, output }: CommandContext): Command {
  return command
    .addOption(new Option('-l, --limit <count>', 'at most so many').argParser(wholeNumber(1)).default(10))
    .addOption(
      new Option('--status <status>', 'only runs that ended so').choices([
        'running',
        'success',
        'failed',
        'stopped',
        'skipped',
        'dead',
      ]),
    )
    .option('--state-id <id>', 'only runs with this state ID')
    .addOption(formatOption(['text', 'json']))
    .addOption(databaseUriOption())
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
    import('../table.js'),
    import('../../observe/units.js'),
  ]);
  const rows = runs.map((run) => [
    run.runId,
    run.status,
    localTime(run.startedAt),
    run.durationSeconds === undefined ? '' : duration(run.durationSeconds),
    run.failedBlocks > 0 ? `${run.failedBlocks} of ${run.blocks} failed` : String(run.blocks),
    whole(run.recordsLoaded),
    run.environment ?? '',
    run.words.join(' ') + (run.retryOf === undefined ? '' : ` (retry of ${run.retryOf.slice(0, 13)})`),
  ]);
  return table(['run', 'status', 'started', 'took', 'blocks', 'records', 'environment', 'command'], rows);
}
