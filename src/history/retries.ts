import type { Database } from '../state/systemdb/database.js';

/** A run with all that it takes up and that take it up, however far: their IDs. */
export async function runFamily(database: Database, runId: string): Promise<string[]> {
  const rows = await database.read((transaction) =>
    transaction.all(
      `WITH RECURSIVE family (run_id, retry_of) AS (
         SELECT run_id, retry_of FROM tapline_runs WHERE run_id = ?
         UNION
         SELECT r.run_id, r.retry_of FROM tapline_runs r JOIN family f ON r.run_id = f.retry_of OR r.retry_of = f.run_id
       )
       SELECT run_id FROM family`,
      runId,
    ),
  );
  return rows.map((row) => String(row.run_id));
}
