/** The windows of backfills: what of a chain's past is loaded, and what is not. */
import { createPartitionState } from '../state/partition-state.js';
import type { Database, SqlRow, SqlValue, Transaction } from '../state/systemdb/database.js';
import { textOf } from '../values.js';
import { fromJson, fromTime, numberOf, toJson } from './columns.js';
import type { NewWindow, WindowId, WindowRow, Windows, WindowsTaken } from './port.js';
import { livingRuns } from './runs.js';

/** A run writes down its windows shortly before itself. */
const startSeconds = 60;

export class DatabaseWindows implements Windows {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list({ stateId, stream }: Parameters<Windows['list']>[0] = {}): Promise<WindowRow[]> {
    const conditions = [
      ...(stateId === undefined ? [] : ['state_id = ?']),
      ...(stream === undefined ? [] : ['stream = ?']),
    ];
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const values = [stateId, stream].filter((value) => value !== undefined);
    const { rows, now } = await this.#database.read(async (transaction) => ({
      rows: await transaction.all(`SELECT * FROM tapline_windows ${where}`, ...values),
      now: await transaction.now(),
    }));
    const living = await livingRuns(this.#database, runsOf(rows));
    // Not by the database, whose order depends on its language.
    return rows.map((row) => toWindow(row, living, now)).sort(byPlace);
  }

  async take({ stateId, stream, seen, runId, add, again, remove }: WindowsTaken): Promise<boolean> {
    return this.#database.write('normal', async (transaction) => {
      const of = [stateId, stream] as const;
      const rows = await transaction.all(
        'SELECT partition_key, version FROM tapline_windows WHERE state_id = ? AND stream = ?',
        ...of,
      );
      const now = (await transaction.now()).toISOString();
      if (rows.length !== seen.length || !sameVersions(rows, seen)) return false;
      for (const key of remove) {
        await transaction.run(
          'DELETE FROM tapline_windows WHERE state_id = ? AND stream = ? AND partition_key = ?',
          ...of,
          key,
        );
      }
      for (const window of add) await insert(transaction, { stateId, stream, ...window }, runId);
      for (const { key, anew } of again) {
        await transaction.run(
          `UPDATE tapline_windows SET status = 'pending', run_id = ?, updated_at = ?, version = version + 1
             ${anew ? ', attempt = 0, value = NULL, records_loaded = NULL, error = NULL' : ''}
           WHERE state_id = ? AND stream = ? AND partition_key = ?`,
          runId,
          now,
          ...of,
          key,
        );
      }
      return true;
    });
  }

  async find(id: WindowId): Promise<Pick<WindowRow, 'status' | 'attempt'> | undefined> {
    const row = await this.#database.read((transaction) =>
      transaction.get(`SELECT status, attempt FROM tapline_windows WHERE ${whereId}`, ...valuesOf(id)),
    );
    return row && { status: row.status as WindowRow['status'], attempt: Number(row.attempt ?? 0) };
  }

  async start(window: WindowId & NewWindow, runId: string): Promise<void> {
    await this.#database.write('normal', async (transaction) => {
      const now = (await transaction.now()).toISOString();
      const start = `UPDATE tapline_windows SET status = 'running', run_id = ?, attempt = attempt + 1, started_at = ?, ended_at = NULL,
          error = NULL, updated_at = ?, version = version + 1 WHERE ${whereId}`;
      const values = [runId, now, now, ...valuesOf(window)];
      if ((await transaction.run(start, ...values)) > 0) return;
      // Somebody has removed it since.
      await insert(transaction, window, runId);
      await transaction.run(start, ...values);
    });
  }

  async finish(
    id: WindowId,
    runId: string,
    { status, value, recordsLoaded, error }: Parameters<Windows['finish']>[2],
  ): Promise<void> {
    await this.#database.write('full', async (transaction) => {
      const now = (await transaction.now()).toISOString();
      await transaction.run(
        `UPDATE tapline_windows SET status = ?, value = COALESCE(?, value), records_loaded = COALESCE(records_loaded, 0) + ?,
           error = ?, ended_at = ?, updated_at = ?, version = version + 1 WHERE ${whereId} AND run_id = ?`,
        status,
        value ?? null,
        recordsLoaded ?? 0,
        toJson(error),
        now,
        now,
        ...valuesOf(id),
        runId,
      );
    });
  }
}

const whereId = 'state_id = ? AND stream = ? AND partition_key = ?';

function valuesOf({ stateId, stream, key }: WindowId): SqlValue[] {
  return [stateId, stream, key];
}

async function insert(transaction: Transaction, window: WindowId & NewWindow, runId: string): Promise<void> {
  const { stream, partition, version, updated_at } = createPartitionState(window.stream, window.key, null);
  await transaction.run(
    `INSERT INTO tapline_windows (state_id, stream, partition_key, window_state_id, window_from, window_to, version, status,
       run_id, attempt, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', ?, 0, ?)`,
    window.stateId,
    stream,
    partition,
    window.windowStateId,
    window.from ?? null,
    window.to ?? null,
    version,
    runId,
    updated_at,
  );
}

function sameVersions(rows: readonly SqlRow[], seen: WindowsTaken['seen']): boolean {
  const versions = new Map(seen.map(({ key, version }) => [key, version]));
  return rows.every((row) => versions.get(String(row.partition_key)) === Number(row.version));
}

function runsOf(rows: readonly SqlRow[]): string[] {
  const open = rows.filter(({ status, run_id }) => (status === 'pending' || status === 'running') && run_id !== null);
  return [...new Set(open.map(({ run_id }) => String(run_id)))];
}

function toWindow(row: SqlRow, living: ReadonlyMap<string, boolean>, now: Date): WindowRow {
  const runId = textOf(row.run_id);
  const updatedAt = new Date(String(row.updated_at));
  const known = runId === undefined ? false : living.get(runId);
  const isOpen = row.status === 'pending' || row.status === 'running';
  const isHeld = isOpen && (known ?? now.getTime() - updatedAt.getTime() < startSeconds * 1000);
  return {
    stateId: String(row.state_id),
    stream: String(row.stream),
    key: String(row.partition_key),
    windowStateId: String(row.window_state_id),
    from: textOf(row.window_from),
    to: textOf(row.window_to),
    value: textOf(row.value),
    version: Number(row.version),
    status: row.status === 'running' && !isHeld ? 'dead' : (row.status as WindowRow['status']),
    isHeld,
    runId,
    attempt: Number(row.attempt ?? 0),
    recordsLoaded: numberOf(row.records_loaded),
    startedAt: fromTime(row.started_at),
    endedAt: fromTime(row.ended_at),
    updatedAt,
    error: fromJson<Record<string, unknown>>(row.error),
  };
}

/** By chain, streams, then partition and time, as the key has them. */
function byPlace(a: WindowRow, b: WindowRow): number {
  for (const name of ['stateId', 'stream', 'key'] as const) if (a[name] !== b[name]) return a[name] < b[name] ? -1 : 1;
  return 0;
}
