/** State in the original's own `state` table, its versions beside it in ours. */

import { pythonJson } from '../../python-json.js';
import { keptVersions, type VersionMark, type VersionRetention, versionsToDrop } from '../kept-versions.js';
import { fromMeltanoLocal, toMeltanoLocal } from '../meltano-time.js';
import { applyWrite, patternMatcher } from '../merge.js';
import type {
  SavedState,
  StateBackend,
  StateLease,
  StateListing,
  StateVersion,
  StateWrite,
  StoredState,
  WrappedState,
} from '../port.js';
import { checkStateId } from '../state-id.js';
import { ifReadable, parseWrapped, statusOf } from '../state-text.js';
import type { Database, SqlRow, Transaction } from './database.js';
import { type LeaseGrant, SystemdbLease, SystemdbLeaseStore } from './leases.js';

/** `close()` leaves the database open: its opener closes it. */
export class SystemdbStateBackend implements StateBackend {
  readonly kind = 'systemdb';
  readonly location: string;
  readonly leases: SystemdbLeaseStore<SystemdbStateLease>;
  readonly #database: Database;

  constructor(database: Database, retention: VersionRetention = keptVersions) {
    this.#database = database;
    this.location = database.location;
    this.leases = new StateLeaseStore(database, retention);
  }

  read(stateId: string): Promise<StoredState | undefined> {
    checkStateId(stateId);
    return this.#database.read(async (transaction) => {
      const row = await readStateRow(transaction, stateId);
      if (row === undefined) return undefined;
      const { completed, partial } = parseRow(row, this.location, stateId);
      const version = await newestVersion(transaction, stateId);
      return {
        stateId,
        completed,
        partial,
        version: version?.version ?? 0,
        updatedAt: fromMeltanoLocal(row.updated_at),
      };
    });
  }

  async list(pattern?: string): Promise<StateListing[]> {
    const rows = await this.#database.read((transaction) => transaction.all('SELECT * FROM state'));
    const matches = patternMatcher(pattern);
    return (
      rows
        .filter((row) => matches(String(row.state_id)))
        .map((row) => ({
          stateId: String(row.state_id),
          status: statusOf(ifReadable(() => parseRow(row, this.location, String(row.state_id)))),
          updatedAt: fromMeltanoLocal(row.updated_at),
        }))
        // Not by the database, whose order depends on its language.
        .sort((a, b) => (a.stateId < b.stateId ? -1 : 1))
    );
  }

  async clear(lease: StateLease): Promise<boolean> {
    if (!(lease instanceof SystemdbStateLease)) throw new TypeError('The lease is of another state backend.');
    return lease.clear();
  }

  async versions(stateId: string, limit: number = Number.MAX_SAFE_INTEGER): Promise<StateVersion[]> {
    checkStateId(stateId);
    const rows = await this.#database.read((transaction) =>
      transaction.all(
        'SELECT * FROM tapline_state_versions WHERE state_id = ? ORDER BY version DESC LIMIT ?',
        stateId,
        limit,
      ),
    );
    return rows.map((row) => toVersion(row, this.location)).filter((version) => version !== undefined);
  }

  async close(): Promise<void> {}
}

class StateLeaseStore extends SystemdbLeaseStore<SystemdbStateLease> {
  constructor(database: Database, retention: VersionRetention) {
    super(database, 'state', (grant: LeaseGrant) => new SystemdbStateLease(grant, retention));
  }

  override async acquire(...[name, options]: Parameters<SystemdbLeaseStore<SystemdbStateLease>['acquire']>) {
    checkStateId(name);
    return super.acquire(name, options);
  }
}

class SystemdbStateLease extends SystemdbLease implements StateLease {
  readonly #retention: VersionRetention;

  constructor(grant: LeaseGrant, retention: VersionRetention) {
    super(grant);
    this.#retention = retention;
  }

  /** State, version and the lease's renewal are written in one transaction, and are on the disk afterwards. */
  save(write: StateWrite): Promise<SavedState> {
    return this.writeAsHolder('full', async (transaction, now) => {
      const row = await readStateRow(transaction, this.name);
      const newest = await keepForeignState(transaction, row, this.name, now);
      // A completed write must cure a state that can't be read, so only a partial one reads it.
      const current =
        write.mode === 'partial' && row !== undefined
          ? parseRow(row, this.grant.database.location, this.name)
          : undefined;
      const { completed, partial } = applyWrite(current, write);
      const texts = { completed: pythonJson(completed), partial: pythonJson(partial) };
      await writeStateRow(transaction, this.name, texts, now);
      const version = (newest?.version ?? 0) + 1;
      const mode = write.edit ? 'edit' : write.mode;
      await insertVersion(transaction, {
        stateId: this.name,
        version,
        ...texts,
        mode,
        runId: write.runId,
        token: this.token,
        now,
      });
      await dropVersions(transaction, this.name, this.#retention, now);
      return { version, savedAt: now };
    });
  }

  clear(): Promise<boolean> {
    return this.writeAsHolder('full', async (transaction, now) => {
      const row = await readStateRow(transaction, this.name);
      if (row === undefined) return false;
      const newest = await keepForeignState(transaction, row, this.name, now);
      await transaction.run('DELETE FROM state WHERE state_id = ?', this.name);
      const version = (newest?.version ?? 0) + 1;
      const empty = { completed: '{}', partial: '{}' };
      await insertVersion(transaction, {
        stateId: this.name,
        version,
        ...empty,
        mode: 'clear',
        runId: undefined,
        token: this.token,
        now,
      });
      await dropVersions(transaction, this.name, this.#retention, now);
      return true;
    });
  }
}

interface VersionTexts {
  version: number;
  completed: string;
  partial: string;
}

function readStateRow(transaction: Transaction, stateId: string): Promise<SqlRow | undefined> {
  return transaction.get('SELECT partial_state, completed_state, updated_at FROM state WHERE state_id = ?', stateId);
}

async function writeStateRow(
  transaction: Transaction,
  stateId: string,
  { completed, partial }: { completed: string; partial: string },
  now: Date,
): Promise<void> {
  await transaction.run(
    `INSERT INTO state (state_id, partial_state, completed_state, updated_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (state_id) DO UPDATE SET partial_state = excluded.partial_state,
       completed_state = excluded.completed_state, updated_at = excluded.updated_at`,
    stateId,
    partial,
    completed,
    toMeltanoLocal(now),
  );
}

async function newestVersion(transaction: Transaction, stateId: string): Promise<VersionTexts | undefined> {
  const row = await transaction.get(
    'SELECT version, completed, partial FROM tapline_state_versions WHERE state_id = ? ORDER BY version DESC LIMIT 1',
    stateId,
  );
  if (row === undefined) return undefined;
  return { version: Number(row.version), completed: String(row.completed), partial: String(row.partial) };
}

/** What the original (or a hand) wrote since our newest version becomes a version of its own before it is replaced. */
async function keepForeignState(
  transaction: Transaction,
  row: SqlRow | undefined,
  stateId: string,
  now: Date,
): Promise<VersionTexts | undefined> {
  const newest = await newestVersion(transaction, stateId);
  if (row === undefined) return newest;
  const completed = textOf(row.completed_state) ?? '{}';
  const partial = textOf(row.partial_state) ?? '{}';
  if (newest?.completed === completed && newest.partial === partial) return newest;
  const version = (newest?.version ?? 0) + 1;
  const savedAt = fromMeltanoLocal(row.updated_at) ?? now;
  await insertVersion(transaction, {
    stateId,
    version,
    completed,
    partial,
    mode: 'edit',
    runId: undefined,
    token: null,
    now: savedAt,
  });
  return { version, completed, partial };
}

interface NewVersion extends VersionTexts {
  stateId: string;
  mode: StateVersion['mode'];
  runId: string | undefined;
  token: number | null;
  now: Date;
}

async function insertVersion(transaction: Transaction, entry: NewVersion): Promise<void> {
  const { stateId, version, runId } = entry;
  await transaction.run(
    `INSERT INTO tapline_state_versions (state_id, version, saved_at, run_id, mode, completed, partial, token)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    stateId,
    version,
    entry.now.toISOString(),
    runId ?? null,
    entry.mode,
    entry.completed,
    entry.partial,
    entry.token,
  );
}

/** Those that the rule of kept-versions.ts gives up. */
async function dropVersions(
  transaction: Transaction,
  stateId: string,
  retention: VersionRetention,
  now: Date,
): Promise<void> {
  const rows = await transaction.all(
    'SELECT version, run_id, saved_at FROM tapline_state_versions WHERE state_id = ?',
    stateId,
  );
  for (const version of versionsToDrop(rows.map(toMark), retention, now)) {
    await transaction.run('DELETE FROM tapline_state_versions WHERE state_id = ? AND version = ?', stateId, version);
  }
}

function toMark(row: SqlRow): VersionMark {
  return {
    version: Number(row.version),
    runId: textOf(row.run_id) ?? undefined,
    savedAt: new Date(String(row.saved_at)),
  };
}

function parseRow(row: SqlRow, location: string, stateId: string): { completed: WrappedState; partial: WrappedState } {
  const where = `the system database ${location}`;
  return {
    completed: parseWrapped(textOf(row.completed_state), where, stateId),
    partial: parseWrapped(textOf(row.partial_state), where, stateId),
  };
}

/** A text that was unreadable when it was kept stays in the table, but is nothing to return to. */
function toVersion(row: SqlRow, location: string): StateVersion | undefined {
  const stateId = String(row.state_id);
  const halves = ifReadable(() => ({
    completed: parseWrapped(textOf(row.completed), location, stateId),
    partial: parseWrapped(textOf(row.partial), location, stateId),
  }));
  if (halves === undefined) return undefined;
  return {
    stateId,
    version: Number(row.version),
    savedAt: new Date(String(row.saved_at)),
    runId: textOf(row.run_id) ?? undefined,
    mode: row.mode as StateVersion['mode'],
    ...halves,
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
