import type { Database } from '../state/systemdb/database.js';
import type { ProcessRow } from './port.js';
import { toProcess } from './processes.js';
import { livenessOfRun } from './runs.js';

/** A run that ended by itself has looked after its processes, and its numbers may be others' by now. */
export async function orphans(database: Database, stateId: string): Promise<ProcessRow[]> {
  const [runs, processes] = await database.read(async (transaction) => [
    await transaction.all(
      `SELECT DISTINCT r.* FROM tapline_runs r JOIN tapline_blocks b ON b.run_id = r.run_id
       WHERE r.status = 'running' AND b.state_id = ?`,
      stateId,
    ),
    await transaction.all(
      `SELECT DISTINCT p.* FROM tapline_processes p
       JOIN tapline_blocks b ON b.run_id = p.run_id AND b.block_id = p.block_id
       WHERE p.ended_at IS NULL AND b.state_id = ?`,
      stateId,
    ),
  ]);
  const dead = new Set<unknown>();
  for (const run of runs) if ((await livenessOfRun(run)) === 'dead') dead.add(run.run_id);
  return processes.filter((row) => dead.has(row.run_id)).map(toProcess);
}
