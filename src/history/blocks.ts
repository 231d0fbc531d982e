import type { Database, SqlRow } from '../state/systemdb/database.js';
import { textOf } from '../values.js';
import { fromJson, fromTime, numberOf, toJson, toTime } from './columns.js';
import type { FinishedBlock, NewBlock } from './port.js';

export type BlockRow = NewBlock & Partial<FinishedBlock>;

export async function startBlock(database: Database, block: NewBlock): Promise<void> {
  await database.write('normal', (transaction) =>
    transaction.run(
      `INSERT INTO tapline_blocks (run_id, block_id, attempt, parent_id, kind, name, plugins, state_id, window_from,
         window_to, options, started_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (run_id, block_id, attempt) DO UPDATE SET started_at = excluded.started_at, status = NULL, ended_at = NULL`,
      block.runId,
      block.blockId,
      block.attempt,
      block.parentId ?? null,
      block.kind,
      block.name,
      JSON.stringify(block.plugins),
      block.stateId ?? null,
      block.window?.from ?? null,
      block.window?.to ?? null,
      JSON.stringify(block.options),
      block.startedAt.toISOString(),
    ),
  );
}

export async function finishBlock(database: Database, block: FinishedBlock): Promise<void> {
  await database.write('normal', (transaction) =>
    transaction.run(
      `UPDATE tapline_blocks SET status = ?, ended_at = ?, records_extracted = ?, records_loaded = ?, bytes_extracted = ?,
         state_version_before = ?, state_version_after = ?, error = ?, exit_codes = ?
       WHERE run_id = ? AND block_id = ? AND attempt = ?`,
      block.status,
      toTime(block.endedAt),
      block.recordsExtracted ?? null,
      block.recordsLoaded ?? null,
      block.bytesExtracted ?? null,
      block.stateVersionBefore ?? null,
      block.stateVersionAfter ?? null,
      toJson(block.error),
      toJson(block.exitCodes),
      block.runId,
      block.blockId,
      block.attempt,
    ),
  );
}

export function toBlock(row: SqlRow): BlockRow {
  const from = textOf(row.window_from);
  const to = textOf(row.window_to);
  return {
    runId: String(row.run_id),
    blockId: String(row.block_id),
    parentId: textOf(row.parent_id),
    kind: row.kind as NewBlock['kind'],
    name: String(row.name),
    plugins: fromJson<string[]>(row.plugins) ?? [],
    stateId: textOf(row.state_id),
    window: from !== undefined && to !== undefined ? { from, to } : undefined,
    attempt: Number(row.attempt),
    options: fromJson<Record<string, unknown>>(row.options) ?? {},
    startedAt: new Date(String(row.started_at)),
    ...ending(row),
  };
}

/** Nothing of it while the block runs. */
function ending(row: SqlRow): Partial<FinishedBlock> {
  const endedAt = fromTime(row.ended_at);
  if (row.status === null || endedAt === undefined) return {};
  return {
    status: row.status as FinishedBlock['status'],
    endedAt,
    recordsExtracted: numberOf(row.records_extracted),
    recordsLoaded: numberOf(row.records_loaded),
    bytesExtracted: numberOf(row.bytes_extracted),
    stateVersionBefore: numberOf(row.state_version_before),
    stateVersionAfter: numberOf(row.state_version_after),
    error: fromJson<Record<string, unknown>>(row.error),
    exitCodes: fromJson<Record<string, number>>(row.exit_codes),
  };
}
