import { TaplineError } from '../errors.js';
import { fromMeltanoUtc } from '../state/meltano-time.js';
import { type Liveness, livenessOf, processSpace } from '../state/owner.js';
import type { Database, SqlRow, SqlValue, Transaction } from '../state/systemdb/database.js';
import { textOf } from '../values.js';
import { toBlock } from './blocks.js';
import { fromJson, fromTime, toJson } from './columns.js';
import { toHex } from './meltano-run-id.js';
import type { History, NewRun, RunDetail, RunListing, RunStatus } from './port.js';
import { toProcess } from './processes.js';
import { heartbeatMinutes, noHeartbeatHours } from './stale.js';
import { toStream } from './streams.js';

/**
 * A run ID that was used before (a scheduler's retry may pass the same one again) starts over: its older blocks are removed.
 * Processes that have no end stay, since somebody must still look after them.
 */
export async function startRun(database: Database, run: NewRun): Promise<void> {
  const pidNamespace = run.pidNamespace ?? (run.pid === process.pid ? (await processSpace()).pidNamespace : '');
  await database.write('normal', async (transaction) => {
    const known = await transaction.run('DELETE FROM tapline_runs WHERE run_id = ?', run.runId);
    if (known > 0) await forgetParts(transaction, run.runId);
    await transaction.run(
      `INSERT INTO tapline_runs (run_id, words, environment, status, triggered_by, host, pid, pid_start, boot_id,
         pid_namespace, started_at, project_id, options, retry_of)
       VALUES (?, ?, ?, 'running', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      run.runId,
      JSON.stringify(run.words),
      run.environment ?? null,
      run.trigger,
      run.host,
      run.pid,
      run.pidStart,
      run.bootId,
      pidNamespace,
      run.startedAt.toISOString(),
      run.projectId ?? null,
      toJson(run.options),
      run.retryOf ?? null,
    );
  });
}

export async function finishRun(
  database: Database,
  runId: string,
  status: Exclude<RunStatus, 'running'>,
  endedAt: Date,
  error: Record<string, unknown> | undefined,
): Promise<void> {
  await database.write('normal', (transaction) =>
    transaction.run(
      'UPDATE tapline_runs SET status = ?, ended_at = ?, error = ? WHERE run_id = ?',
      status,
      endedAt.toISOString(),
      toJson(error),
      runId,
    ),
  );
}

export async function listRuns(
  database: Database,
  { limit = 50, status, ...filters }: Parameters<History['listRuns']>[0],
): Promise<RunListing[]> {
  // Which of the running ones are dead is known only after the query, so those two are cut afterwards.
  const judged = status === 'running' || status === 'dead';
  const { where, values } = conditionsOf(judged ? ['running', status] : status && [status], filters);
  const { rows, now } = await database.read(async (transaction) => ({
    rows: await withHeartbeats(
      transaction,
      await transaction.all(
        `${selectListing} ${where} ORDER BY r.started_at DESC, r.run_id DESC LIMIT ?`,
        ...values,
        judged ? 1_000_000 : limit,
      ),
    ),
    now: await transaction.now(),
  }));
  const runs = await Promise.all(rows.map((row) => toListing(row, now)));
  return (judged ? runs.filter((run) => run.status === status) : runs).slice(0, limit);
}

function conditionsOf(
  statuses: RunStatus[] | undefined,
  { stateId, since, environment, projectId }: Parameters<History['listRuns']>[0],
): { where: string; values: SqlValue[] } {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  if (statuses !== undefined) {
    conditions.push(`r.status IN (${statuses.map(() => '?').join(', ')})`);
    values.push(...statuses);
  }
  if (since !== undefined) {
    conditions.push('r.started_at >= ?');
    values.push(since.toISOString());
  }
  if (stateId !== undefined) {
    conditions.push('r.run_id IN (SELECT run_id FROM tapline_blocks WHERE state_id = ?)');
    values.push(stateId);
  }
  if (environment !== undefined) {
    conditions.push('r.environment = ?');
    values.push(environment);
  }
  if (projectId !== undefined) {
    conditions.push('(r.project_id IS NULL OR r.project_id = ?)');
    values.push(projectId);
  }
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values };
}

export async function showRun(database: Database, runId: string): Promise<RunDetail> {
  const found = await database.read(async (transaction) => {
    const [row = {}] = await withHeartbeats(transaction, [await findRun(transaction, runId)]);
    const of = (table: string, order: string) =>
      transaction.all(`SELECT * FROM ${table} WHERE run_id = ? ORDER BY ${order}`, String(row.run_id));
    return {
      row,
      now: await transaction.now(),
      blocks: await of('tapline_blocks', 'started_at, block_id, attempt'),
      processes: await of('tapline_processes', 'started_at, pid'),
      streams: await of('tapline_streams', 'block_id, stream'),
    };
  });
  return {
    ...(await toListing(found.row, found.now)),
    host: String(found.row.host),
    pid: Number(found.row.pid),
    error: fromJson<Record<string, unknown>>(found.row.error),
    blockRows: found.blocks.map(toBlock),
    processes: found.processes.map(toProcess),
    streams: found.streams.map(toStream),
  };
}

/** Chains and commands are counted: steps and pipelines only hold them. Of several attempts the last one counts. */
const selectListing = `
  SELECT r.*,
    (SELECT COUNT(DISTINCT block_id) FROM tapline_blocks b
      WHERE b.run_id = r.run_id AND b.kind IN ('chain', 'command')) AS blocks,
    (SELECT COUNT(*) FROM tapline_blocks b
      WHERE b.run_id = r.run_id AND b.kind IN ('chain', 'command') AND b.status = 'failed'
        AND b.attempt = (SELECT MAX(l.attempt) FROM tapline_blocks l WHERE l.run_id = b.run_id AND l.block_id = b.block_id)
    ) AS failed_blocks,
    (SELECT COALESCE(SUM(records_loaded), 0) FROM tapline_blocks b
      WHERE b.run_id = r.run_id AND b.kind = 'chain') AS records_loaded
  FROM tapline_runs r`;

/** Of those that run, the last heartbeat of their chains: in one look at the original's table, which has no index for it. */
async function withHeartbeats(transaction: Transaction, runs: SqlRow[]): Promise<SqlRow[]> {
  const running = runs.filter(({ status }) => status === 'running').map(({ run_id }) => toHex(String(run_id)));
  const heartbeats = new Map<string, SqlRow>();
  for (let start = 0; start < running.length; start += 500) {
    const some = running.slice(start, start + 500);
    const rows = await transaction.all(
      `SELECT run_id, MAX(last_heartbeat_at) AS heartbeat FROM runs WHERE run_id IN (${some.map(() => '?').join(', ')}) GROUP BY run_id`,
      ...some,
    );
    for (const row of rows) heartbeats.set(toHex(String(row.run_id)), row);
  }
  return runs.map((run) => ({ ...run, heartbeat: heartbeats.get(toHex(String(run.run_id)))?.heartbeat ?? null }));
}

async function findRun(transaction: Transaction, runId: string): Promise<SqlRow> {
  const exact = await transaction.get(`${selectListing} WHERE r.run_id = ?`, runId);
  if (exact !== undefined) return exact;
  const rows = await transaction.all(
    `${selectListing} WHERE r.run_id LIKE ? ESCAPE '!' ORDER BY r.started_at DESC LIMIT 2`,
    `${runId.replace(/[!%_]/g, '!$&')}%`,
  );
  const [row] = rows;
  if (row !== undefined && rows.length === 1 && runId !== '') return row;
  const message = row === undefined ? `There is no run ${runId}.` : `More than one run ID starts with "${runId}".`;
  throw new TaplineError('RUN_UNKNOWN', message, { hint: '`tapline runs list` shows the run IDs.', data: { runId } });
}

async function toListing(row: SqlRow, now: Date): Promise<RunListing> {
  const startedAt = new Date(String(row.started_at));
  const endedAt = fromTime(row.ended_at);
  return {
    runId: String(row.run_id),
    words: fromJson<string[]>(row.words) ?? [],
    environment: textOf(row.environment),
    status: row.status === 'running' && (await isDeadRun(row, now)) ? 'dead' : (row.status as RunStatus),
    trigger: String(row.triggered_by),
    startedAt,
    endedAt,
    durationSeconds: endedAt === undefined ? undefined : (endedAt.getTime() - startedAt.getTime()) / 1000,
    blocks: Number(row.blocks),
    failedBlocks: Number(row.failed_blocks),
    recordsLoaded: Number(row.records_loaded),
    retryOf: textOf(row.retry_of),
    options: fromJson<Record<string, unknown>>(row.options),
  };
}

/**
 * A run that was killed can't say so itself. Where its process can't be seen from here (another host, a container that is
 * gone, a boot ago) the heartbeat of its chains tells, and without one it is believed for a day, as in the original.
 */
async function isDeadRun(row: SqlRow, now: Date): Promise<boolean> {
  const liveness = await livenessOfRun(row);
  if (liveness !== 'unknown') return liveness === 'dead';
  const heartbeat = fromMeltanoUtc(row.heartbeat);
  if (heartbeat !== undefined) return now.getTime() - heartbeat.getTime() > heartbeatMinutes * 60_000;
  return now.getTime() - new Date(String(row.started_at)).getTime() > noHeartbeatHours * 3_600_000;
}

/** Whether these runs still go on; those that are not known are left out. */
export async function livingRuns(database: Database, runIds: readonly string[]): Promise<Map<string, boolean>> {
  const { rows, now } = await database.read(async (transaction) => {
    const found: SqlRow[] = [];
    for (const runId of runIds)
      found.push(...(await transaction.all('SELECT * FROM tapline_runs WHERE run_id = ?', runId)));
    return { rows: await withHeartbeats(transaction, found), now: await transaction.now() };
  });
  const living = new Map<string, boolean>();
  for (const row of rows) living.set(String(row.run_id), row.status === 'running' && !(await isDeadRun(row, now)));
  return living;
}

/** Of a row of tapline_runs. */
export async function livenessOfRun(row: SqlRow): Promise<Liveness> {
  if (row.status !== 'running') return 'dead';
  return livenessOf({
    pid: Number(row.pid),
    pidStart: String(row.pid_start),
    bootId: String(row.boot_id),
    pidNamespace: String(row.pid_namespace),
  });
}

/** A few at a time, so that a run that saves its state meanwhile does not wait for long. */
export async function forgetRuns(database: Database, runIds: readonly string[]): Promise<void> {
  for (let start = 0; start < runIds.length; start += 100) {
    await database.write('normal', async (transaction) => {
      for (const runId of runIds.slice(start, start + 100)) {
        await transaction.run('DELETE FROM tapline_runs WHERE run_id = ?', runId);
        await forgetParts(transaction, runId);
      }
    });
  }
}

async function forgetParts(transaction: Transaction, runId: string): Promise<void> {
  await transaction.run('DELETE FROM tapline_blocks WHERE run_id = ?', runId);
  await transaction.run('DELETE FROM tapline_streams WHERE run_id = ?', runId);
  await transaction.run('DELETE FROM tapline_processes WHERE run_id = ? AND ended_at IS NOT NULL', runId);
}
