import type { Database, SqlRow } from '../state/systemdb/database.js';
import { textOf } from '../values.js';
import { fromTime, numberOf } from './columns.js';
import type { ProcessRow } from './port.js';

export async function startProcess(database: Database, row: ProcessRow): Promise<void> {
  await database.write('normal', (transaction) =>
    transaction.run(
      `INSERT INTO tapline_processes (run_id, block_id, role, plugin, pid, group_id, pid_start, host, boot_id,
         pid_namespace, runner_pid, runner_pid_start, started_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (run_id, pid, pid_start) DO NOTHING`,
      row.runId,
      row.blockId,
      row.role,
      row.plugin,
      row.pid,
      row.groupId,
      row.pidStart,
      row.host,
      row.bootId,
      row.pidNamespace,
      row.runner?.pid ?? null,
      row.runner?.pidStart ?? null,
      row.startedAt.toISOString(),
    ),
  );
}

export async function endProcess(
  database: Database,
  runId: string,
  pid: number,
  pidStart: string,
  exitCode: number | null,
  signal: string | null,
): Promise<void> {
  await database.write('normal', async (transaction) => {
    const now = await transaction.now();
    await transaction.run(
      `UPDATE tapline_processes SET ended_at = ?, exit_code = ?, signal = ?
       WHERE run_id = ? AND pid = ? AND pid_start = ? AND ended_at IS NULL`,
      now.toISOString(),
      exitCode,
      signal,
      runId,
      pid,
      pidStart,
    );
  });
}

/** Without a run: those of all runs, this process's own left out. */
export async function openProcesses(database: Database, runId: string | undefined): Promise<ProcessRow[]> {
  const rows = await database.read((transaction) =>
    runId === undefined
      ? transaction.all(
          `SELECT p.* FROM tapline_processes p LEFT JOIN tapline_runs r ON r.run_id = p.run_id
           WHERE p.ended_at IS NULL AND (r.pid IS NULL OR r.pid <> ? OR r.status <> 'running') ORDER BY p.started_at`,
          process.pid,
        )
      : transaction.all(
          'SELECT * FROM tapline_processes WHERE run_id = ? AND ended_at IS NULL ORDER BY started_at',
          runId,
        ),
  );
  return rows.map(toProcess);
}

export function toProcess(row: SqlRow): ProcessRow {
  return {
    runId: String(row.run_id),
    blockId: String(row.block_id),
    role: String(row.role),
    plugin: String(row.plugin),
    pid: Number(row.pid),
    groupId: Number(row.group_id),
    pidStart: String(row.pid_start),
    host: String(row.host),
    bootId: String(row.boot_id),
    pidNamespace: String(row.pid_namespace),
    runner:
      row.runner_pid === null ? undefined : { pid: Number(row.runner_pid), pidStart: String(row.runner_pid_start) },
    startedAt: new Date(String(row.started_at)),
    endedAt: fromTime(row.ended_at),
    exitCode: numberOf(row.exit_code) ?? null,
    signal: textOf(row.signal) ?? null,
  };
}
