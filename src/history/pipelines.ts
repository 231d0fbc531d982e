import type { Database, SqlRow } from '../state/systemdb/database.js';
import { fromTime } from './columns.js';
import type { FinishedBlock, History, LastPipelineRun } from './port.js';
import { showRun } from './runs.js';

/** The last run of each pipeline, and when one ended well. */
export async function lastPipelineRuns(
  database: Database,
  { environment, projectId }: Parameters<History['lastPipelineRuns']>[0],
): Promise<LastPipelineRun[]> {
  const rows = await database.read((transaction) =>
    transaction.all(
      `SELECT * FROM (
         SELECT b.name, b.run_id, b.status, b.started_at, b.ended_at,
           ROW_NUMBER() OVER (PARTITION BY b.name ORDER BY b.started_at DESC, b.block_id DESC) AS place,
           MAX(CASE WHEN b.status = 'success' THEN b.ended_at END) OVER (PARTITION BY b.name) AS succeeded_at
         FROM tapline_blocks b JOIN tapline_runs r ON r.run_id = b.run_id
         WHERE b.kind = 'pipeline' AND COALESCE(r.environment, '') = ? AND (r.project_id IS NULL OR r.project_id = ?)
       ) AS ranked WHERE place = 1`,
      environment ?? '',
      projectId ?? '',
    ),
  );
  return Promise.all(rows.map((row) => toLastRun(database, row)));
}

async function toLastRun(database: Database, row: SqlRow): Promise<LastPipelineRun> {
  const runId = String(row.run_id);
  return {
    name: String(row.name),
    runId,
    status: row.status === null ? await statusOfOpen(database, runId) : (row.status as FinishedBlock['status']),
    startedAt: new Date(String(row.started_at)),
    endedAt: fromTime(row.ended_at),
    succeededAt: fromTime(row.succeeded_at),
  };
}

/** One without an end runs, or its run was killed. */
async function statusOfOpen(database: Database, runId: string): Promise<'running' | 'dead'> {
  const { status } = await showRun(database, runId);
  return status === 'running' ? 'running' : 'dead';
}
