import type { Command } from 'commander';
import type { MeltanoRun } from '../../../history/port.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, limit, textOrJson } from '../../options/common.js';
import { isoTime, loggedStates, secondsOf } from './entry.js';

const options = { ...limit, ...textOrJson, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function logsList(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText(
      'after',
      `${examples('tapline logs list', 'tapline logs list --limit 25 --format json')}

Lists extract-load blocks that keep state, including Meltano's runs. \`tapline runs list\` shows whole runs.`,
    )
    .action(async ({ limit, format, databaseUri }: Options) => {
      const session = await open({ policy: 'none', access: 'read', databaseUri });
      const history = await session.existingHistory();
      const runs = (await history?.meltanoRuns.list({ limit, states: loggedStates })) ?? [];
      if (runs.length === 0) return output.line('No job runs found.');
      if (format === 'json') return output.json({ runs: runs.map(listEntry), total: runs.length });
      output.line(await runTable(runs));
      output.line("\nUse 'tapline logs show <LOG_ID>' to view a specific log.");
    });
}

/** The original's JSON: see schemas/output-logs-list.schema.json. */
function listEntry(run: MeltanoRun): Record<string, unknown> {
  return {
    log_id: run.runId,
    job_name: run.jobName,
    state: run.state,
    started_at: isoTime(run.startedAt),
    ended_at: isoTime(run.endedAt),
    duration_seconds: secondsOf(run) ?? null,
    trigger: run.trigger ?? null,
  };
}

const statuses: Readonly<Record<string, string>> = { SUCCESS: '✓ PASS', FAIL: '✗ FAIL', RUNNING: '→ RUN' };

async function runTable(runs: readonly MeltanoRun[]): Promise<string> {
  const [{ localTime, table }, { duration }] = await Promise.all([
    import('../../table.js'),
    import('../../../observe/units.js'),
  ]);
  const rows = runs.map((run) => {
    const seconds = secondsOf(run);
    const took = seconds === undefined ? (run.state === 'RUNNING' ? 'running' : 'unknown') : duration(seconds);
    const status = statuses[run.state] ?? run.state;
    return [status, run.runId, run.jobName, localTime(run.startedAt), took, run.trigger ?? 'manual'];
  });
  return table(['status', 'log id', 'job name', 'started', 'duration', 'trigger'], rows);
}
