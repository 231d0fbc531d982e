import type { Database, SqlRow } from '../state/systemdb/database.js';
import { textOf } from '../values.js';
import type { StreamRow } from './port.js';

/** Of all attempts of a block together. */
export async function recordStreams(database: Database, rows: StreamRow[]): Promise<void> {
  if (rows.length === 0) return;
  await database.write('normal', async (transaction) => {
    for (const row of rows) {
      await transaction.run(
        `INSERT INTO tapline_streams (run_id, block_id, stream, records_extracted, records_loaded, schema_hash)
         VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (run_id, block_id, stream) DO UPDATE
           SET records_extracted = tapline_streams.records_extracted + excluded.records_extracted,
             records_loaded = tapline_streams.records_loaded + excluded.records_loaded, schema_hash = excluded.schema_hash`,
        row.runId,
        row.blockId,
        row.stream,
        row.recordsExtracted,
        row.recordsLoaded,
        row.schemaHash ?? null,
      );
    }
  });
}

export function toStream(row: SqlRow): StreamRow {
  return {
    runId: String(row.run_id),
    blockId: String(row.block_id),
    stream: String(row.stream),
    recordsExtracted: Number(row.records_extracted),
    recordsLoaded: Number(row.records_loaded),
    schemaHash: textOf(row.schema_hash),
  };
}
