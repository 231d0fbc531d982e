import { type FileHandle, open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { hasCode, TaplineError } from '../../../errors.js';
import type { History, MeltanoRun } from '../../../history/port.js';
import { platformLogFolder, sanitized } from '../../../observe/run-log-file.js';
import { bytes } from '../../../observe/units.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { Session } from '../../../session/session.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, described, stateId, textOrJson } from '../../options/common.js';
import { tail } from '../../options/stores.js';
import type { Output } from '../../output.js';
import { isoTime } from './entry.js';

const options = {
  ...tail,
  ...described(stateId, 'of a run with several blocks, only the one with this state ID'),
  ...textOrJson,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

/** As in the original, a log larger than this is not printed to a terminal as a whole. */
const maxTerminalBytes = 2 * 1024 * 1024;

export function logsShow(command: Command, { open, output, env }: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<log-id>', 'a run ID, or its beginning')
    .addHelpText(
      'after',
      examples('tapline logs show 0190a1b2 --tail 50', 'tapline logs show 0190a1b2 --state-id dev:tap-x-to-target-y'),
    )
    .action(async (logId: string, options: Options) => {
      const session = await open({ policy: 'none', access: 'read', databaseUri: options.databaseUri });
      const runs = await findRuns(session, logId, options.stateId);
      const folders = [platformLogFolder(env), join(session.project.sysDir, 'logs')];
      const logs = await findLogs(runs, folders);
      if (options.format === 'json')
        return output.json({ runs: await Promise.all(logs.map((log) => entryOf(log, options))) });
      for (const [index, log] of logs.entries()) {
        if (index > 0) output.line('');
        await print(log, options, output);
      }
    });
}

interface RunLog {
  run: LoggedRun;
  file: string;
}

type LoggedRun = Pick<MeltanoRun, 'jobName' | 'runId' | 'startedAt' | 'endedAt' | 'trigger'> & {
  state: MeltanoRun['state'];
  /** Runs of Meltano, and of older versions, kept no log of their commands. */
  mayLackLog?: boolean;
};

async function findRuns(session: Session, logId: string, stateId: string | undefined): Promise<LoggedRun[]> {
  const history = await session.existingHistory();
  const chains = (await history?.meltanoRuns.ofRun(logId)) ?? [];
  const commands = history === undefined || stateId !== undefined ? [] : await commandsOf(history, logId);
  const all: LoggedRun[] = [...chains, ...commands].sort((a, b) => Number(a.startedAt) - Number(b.startedAt));
  const runs = all.filter(({ jobName }) => stateId === undefined || jobName === stateId);
  const ids = new Set(runs.map(({ runId }) => runId));
  if (ids.size === 1) return runs;
  const hint = '`tapline logs list` shows the IDs.';
  if (ids.size > 1) throw new TaplineError('RUN_UNKNOWN', `'${logId}' matches several log IDs`, { hint });
  const others = [...new Set(all.map(({ jobName }) => jobName))];
  throw new TaplineError(
    'RUN_UNKNOWN',
    `No job found with log ID '${logId}'${stateId === undefined ? '' : ` and state ID '${stateId}'`}`,
    {
      hint: others.length === 0 ? hint : `State IDs of this run: ${others.join(', ')}.`,
    },
  );
}

/** The commands of a run, in the form of the original's rows, which know of chains only. */
async function commandsOf(history: History, logId: string): Promise<LoggedRun[]> {
  const run = await history.showRun(logId).catch((error: unknown) => {
    if (hasCode(error, 'RUN_UNKNOWN')) return undefined;
    throw error;
  });
  if (run === undefined) return [];
  const commands = run.blockRows.filter(({ kind, attempt }) => kind === 'command' && attempt === 1);
  return commands.map(({ name, startedAt, endedAt, status }) => ({
    jobName: name,
    runId: run.runId,
    state: status === undefined ? 'RUNNING' : status === 'success' ? 'SUCCESS' : 'FAIL',
    startedAt,
    endedAt,
    trigger: run.trigger,
    mayLackLog: true,
  }));
}

/** The log files of a run's blocks, each once. Throws LOG_MISSING. */
async function findLogs(runs: readonly LoggedRun[], folders: readonly string[]): Promise<RunLog[]> {
  const logs = new Map<string, RunLog>();
  for (const [index, run] of runs.entries()) {
    const isLast = index === runs.length - 1;
    try {
      const log = await findLog(run, folders);
      if (!logs.has(log.file)) logs.set(log.file, log);
    } catch (error) {
      const canSkip = run.mayLackLog && (logs.size > 0 || !isLast);
      if (!canSkip) throw error;
    }
  }
  return [...logs.values()];
}

/** Finds the log file of one block. Throws LOG_MISSING. */
async function findLog(run: LoggedRun, folders: readonly string[]): Promise<RunLog> {
  for (const folder of folders) {
    const file = join(folder, 'elt', sanitized(run.jobName), run.runId, 'elt.log');
    const handle = await openFile(file).catch(() => undefined);
    await handle?.close();
    if (handle !== undefined) return { run, file };
  }
  throw new TaplineError('LOG_MISSING', `Log file not found for job run '${run.runId}' (${run.jobName}).`, {
    hint: 'It may have been removed or be on another machine. `tapline runs show` shows what the database knows of the run.',
  });
}

async function print({ run, file }: RunLog, { tail }: Options, output: Output): Promise<void> {
  output.line(
    [
      `Job: ${run.jobName}`,
      `Run ID: ${run.runId}`,
      `State: ${run.state}`,
      `Started: ${isoTime(run.startedAt, ' ')}`,
      `Ended: ${isoTime(run.endedAt, ' ') ?? 'Running'}`,
      `Trigger: ${run.trigger ?? 'Manual'}`,
      '',
    ].join('\n'),
  );
  const handle = await openFile(file);
  try {
    if (tail !== undefined) return printTail(await lastLines(handle, tail), output);
    const { size } = await handle.stat();
    if (output.isTTY && size > maxTerminalBytes) {
      return output.line(`The log has ${bytes(size)}. Open ${file}, or use --tail 100 to see its end.`);
    }
    output.line(`Log content:\n${'-'.repeat(12)}`);
    const decoder = new TextDecoder();
    for await (const chunk of handle.createReadStream({ autoClose: false })) {
      output.text(decoder.decode(chunk as Buffer, { stream: true }));
      await output.flush();
    }
    output.text(decoder.decode());
  } finally {
    await handle.close();
  }
}

function printTail(lines: readonly string[], output: Output): void {
  output.line(`Last ${lines.length} lines:\n${'-'.repeat(40)}`);
  output.line(lines.join('\n'));
}

const blockBytes = 64 * 1024;

/** Reads blocks from the end until there are enough lines. */
async function lastLines(handle: FileHandle, count: number): Promise<string[]> {
  const blocks: Buffer[] = [];
  let { size: start } = await handle.stat();
  let newlines = 0;
  while (start > 0 && newlines <= count) {
    const length = Math.min(blockBytes, start);
    start -= length;
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, start);
    blocks.unshift(buffer);
    for (const byte of buffer) if (byte === 10) newlines += 1;
  }
  const text = Buffer.concat(blocks).toString('utf8');
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n').slice(-count);
}

/** See schemas/output-logs-show.schema.json. */
async function entryOf({ run, file }: RunLog, { tail }: Options): Promise<Record<string, unknown>> {
  const handle = await openFile(file);
  try {
    const log = tail === undefined ? await handle.readFile('utf8') : (await lastLines(handle, tail)).join('\n');
    return {
      job_name: run.jobName,
      run_id: run.runId,
      state: run.state,
      started_at: isoTime(run.startedAt),
      ended_at: isoTime(run.endedAt),
      trigger: run.trigger ?? null,
      log_file: file,
      log,
    };
  } finally {
    await handle.close();
  }
}
