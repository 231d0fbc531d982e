/** The original's `runs` table, read and written as Meltano 4.4.1 does, so that neither runs a state ID while the other does. */
import { randomUUID } from 'node:crypto';
import { pythonJson } from '../python-json.js';
import { parseExactJson } from '../singer/exact-json.js';
import { fromMeltanoUtc, toMeltanoUtc } from '../state/meltano-time.js';
import type { Database, SqlRow, Transaction } from '../state/systemdb/database.js';
import { isMap } from '../values.js';
import { toHex, toUuid } from './meltano-run-id.js';
import type { MeltanoRun, MeltanoRuns } from './port.js';
import { livenessOfRun } from './runs.js';
import { heartbeatMinutes, noHeartbeatHours } from './stale.js';

/** So long after its last run the original is expected to run again. */
const aboutDays = 7;

/** `payload_flags` of the original: what the state in the payload is. */
const payloadFlags = { completed: 1, partial: 2 } as const;

export class DatabaseMeltanoRuns implements MeltanoRuns {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async sweepStale(stateId?: string): Promise<MeltanoRun[]> {
    const { rows, now } = await this.#running(stateId);
    const swept: MeltanoRun[] = [];
    for (const run of rows) {
      const isDead = await this.#isKnownDead(run);
      const reason = staleReason(run, now) ?? (isDead ? 'Its process is gone.' : undefined);
      if (reason === undefined) continue;
      const failed = await this.#fail(run, `${reason} The process was likely killed unceremoniously.`, isDead);
      if (failed !== undefined) swept.push(failed);
    }
    return swept;
  }

  async living(stateId: string, exceptId?: number): Promise<MeltanoRun[]> {
    const { rows, now } = await this.#running(stateId);
    const living: MeltanoRun[] = [];
    for (const run of rows) {
      if (run.id === exceptId || staleReason(run, now) !== undefined || (await this.#isKnownDead(run))) continue;
      living.push(run);
    }
    return living;
  }

  async meltanoAfter(stateId: string, id: number): Promise<MeltanoRun[]> {
    const { rows, now } = await this.#database.read(async (transaction) => ({
      rows: await transaction.all(
        "SELECT * FROM runs WHERE id > ? AND state = 'RUNNING' AND job_name = ? ORDER BY id",
        id,
        stateId,
      ),
      now: await transaction.now(),
    }));
    const theirs: MeltanoRun[] = [];
    for (const run of rows.map(toRun)) {
      if (staleReason(run, now) === undefined && (await this.#ownRun(run)) === undefined) theirs.push(run);
    }
    return theirs;
  }

  async isMeltanoAbout(): Promise<boolean> {
    return this.#database.read(async (transaction) => {
      const since = new Date((await transaction.now()).getTime() - aboutDays * 86_400_000);
      const rows = await transaction.all(
        "SELECT run_id FROM runs WHERE state <> 'STATE_EDIT' AND started_at > ? ORDER BY id DESC LIMIT 20",
        toMeltanoUtc(since),
      );
      const there = new Set(rows.map(({ run_id }) => toHex(String(run_id))));
      if (there.size === 0) return false;
      // As a run ID may be written; one that is not a UUID is not found, and costs a short wait.
      const forms = [...there].flatMap((hex) => [hex, toUuid(hex)]);
      const ours = await transaction.all(
        `SELECT run_id FROM tapline_runs WHERE run_id IN (${forms.map(() => '?').join(', ')})`,
        ...forms,
      );
      for (const { run_id } of ours) there.delete(toHex(String(run_id)));
      return there.size > 0;
    });
  }

  insert(stateId: string, runId: string, trigger: string): Promise<number> {
    return this.#database.write('normal', async (transaction) => {
      const now = toMeltanoUtc(await transaction.now());
      const row = await transaction.get(
        `INSERT INTO runs (job_name, run_id, state, started_at, last_heartbeat_at, payload, payload_flags, "trigger")
         VALUES (?, ?, 'RUNNING', ?, ?, '{}', 0, ?) RETURNING id`,
        stateId,
        toHex(runId),
        now,
        now,
        trigger,
      );
      return Number(row?.id);
    });
  }

  heartbeat(id: number): Promise<boolean> {
    return this.#database.write('normal', async (transaction) => {
      const now = toMeltanoUtc(await transaction.now());
      const beat = "UPDATE runs SET last_heartbeat_at = ? WHERE id = ? AND state = 'RUNNING'";
      return (await transaction.run(beat, now, id)) > 0;
    });
  }

  async checkpoint(id: number, state: Record<string, unknown>, mode: 'completed' | 'partial'): Promise<void> {
    const payload = pythonJson({ singer_state: state });
    await this.#database.write('normal', async (transaction) => {
      const now = toMeltanoUtc(await transaction.now());
      await transaction.run(
        'UPDATE runs SET payload = ?, payload_flags = ?, last_heartbeat_at = ? WHERE id = ?',
        payload,
        payloadFlags[mode],
        now,
        id,
      );
    });
  }

  async finish(id: number, state: 'SUCCESS' | 'FAIL' | 'DEAD', error?: string): Promise<void> {
    await this.#database.write('normal', async (transaction) => {
      const now = toMeltanoUtc(await transaction.now());
      const payload = error === undefined ? undefined : await payloadWithError(transaction, id, error);
      await transaction.run(
        'UPDATE runs SET state = ?, ended_at = ?, payload = COALESCE(?, payload) WHERE id = ?',
        state,
        now,
        payload ?? null,
        id,
      );
    });
  }

  async stateEdit(stateId: string, state: Record<string, unknown>, mode: 'completed' | 'partial'): Promise<void> {
    const trigger = process.env.MELTANO_JOB_TRIGGER ?? 'cli';
    const payload = pythonJson({ singer_state: state });
    await this.#database.write('normal', async (transaction) => {
      const now = toMeltanoUtc(await transaction.now());
      await transaction.run(
        `INSERT INTO runs (job_name, run_id, state, started_at, ended_at, payload, payload_flags, "trigger")
         VALUES (?, ?, 'STATE_EDIT', ?, ?, ?, ?, ?)`,
        stateId,
        toHex(randomUUID()),
        now,
        now,
        payload,
        payloadFlags[mode],
        trigger,
      );
    });
  }

  async list({
    limit = 50,
    jobName,
    states = [],
  }: {
    limit?: number | undefined;
    jobName?: string | undefined;
    states?: readonly MeltanoRun['state'][] | undefined;
  }): Promise<MeltanoRun[]> {
    const conditions = [
      ...(jobName === undefined ? [] : ['job_name = ?']),
      ...(states.length === 0 ? [] : [`state IN (${states.map(() => '?').join(', ')})`]),
    ];
    const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const values = [...(jobName === undefined ? [] : [jobName]), ...states, limit];
    const rows = await this.#database.read((transaction) =>
      transaction.all(`SELECT * FROM runs ${where} ORDER BY started_at DESC, id DESC LIMIT ?`, ...values),
    );
    return rows.map(toRun);
  }

  async ofRun(runId: string): Promise<MeltanoRun[]> {
    const beginning = runId.replaceAll('-', '').toLowerCase();
    if (!/^[0-9a-f]{1,32}$/.test(beginning)) return this.#ofHex(toHex(runId));
    return this.#ofHex(beginning);
  }

  async #ofHex(beginning: string): Promise<MeltanoRun[]> {
    const rows = await this.#database.read((transaction) =>
      transaction.all(
        "SELECT * FROM runs WHERE REPLACE(LOWER(CAST(run_id AS VARCHAR(36))), '-', '') LIKE ? AND state <> 'STATE_EDIT' ORDER BY id",
        `${beginning}%`,
      ),
    );
    return rows.map(toRun);
  }

  async #running(stateId: string | undefined): Promise<{ rows: MeltanoRun[]; now: Date }> {
    return this.#database.read(async (transaction) => {
      const rows = await (stateId === undefined
        ? transaction.all("SELECT * FROM runs WHERE state = 'RUNNING' ORDER BY id")
        : transaction.all("SELECT * FROM runs WHERE state = 'RUNNING' AND job_name = ? ORDER BY id", stateId));
      return { rows: rows.map(toRun), now: await transaction.now() };
    });
  }

  /** True where we kept the run ourselves, and its process on this host is gone or the run has ended. */
  async #isKnownDead(run: MeltanoRun): Promise<boolean> {
    const row = await this.#ownRun(run);
    return row !== undefined && (await livenessOfRun(row)) === 'dead';
  }

  #ownRun(run: MeltanoRun): Promise<SqlRow | undefined> {
    return this.#database.read((transaction) =>
      transaction.get("SELECT * FROM tapline_runs WHERE REPLACE(LOWER(run_id), '-', '') = ?", toHex(run.runId)),
    );
  }

  /** Undefined where it gave a sign of life, or ended, since it was looked at. */
  async #fail(run: MeltanoRun, error: string, isDead: boolean): Promise<MeltanoRun | undefined> {
    return this.#database.write('normal', async (transaction) => {
      const row = await transaction.get("SELECT * FROM runs WHERE id = ? AND state = 'RUNNING'", run.id);
      if (row === undefined || toRun(row).lastHeartbeatAt?.getTime() !== run.lastHeartbeatAt?.getTime())
        return undefined;
      const now = await transaction.now();
      await transaction.run(
        "UPDATE runs SET state = 'FAIL', ended_at = ?, payload = ? WHERE id = ?",
        toMeltanoUtc(now),
        await payloadWithError(transaction, run.id, error),
        run.id,
      );
      if (isDead) await endDeadRun(transaction, run);
      return { ...run, state: 'FAIL', endedAt: now, payload: { ...run.payload, error } };
    });
  }
}

/** Nobody else will end our own row of a killed run. It lived until its last heartbeat at least. */
async function endDeadRun(transaction: Transaction, run: MeltanoRun): Promise<void> {
  await transaction.run(
    `UPDATE tapline_runs SET status = 'dead', ended_at = ? WHERE REPLACE(LOWER(run_id), '-', '') = ? AND status = 'running'`,
    run.lastHeartbeatAt?.toISOString() ?? null,
    toHex(run.runId),
  );
}

function staleReason(run: MeltanoRun, now: Date): string | undefined {
  const silentFor = (since: Date | undefined) => now.getTime() - (since?.getTime() ?? 0);
  if (run.lastHeartbeatAt !== undefined) {
    const stale = silentFor(run.lastHeartbeatAt) > heartbeatMinutes * 60_000;
    return stale ? `No heartbeat recorded for ${heartbeatMinutes} minutes.` : undefined;
  }
  return silentFor(run.startedAt) > noHeartbeatHours * 3_600_000
    ? `Still running after ${noHeartbeatHours} hours.`
    : undefined;
}

async function payloadWithError(transaction: Transaction, id: number, error: string): Promise<string> {
  const row = await transaction.get('SELECT payload FROM runs WHERE id = ?', id);
  return pythonJson({ ...parsePayload(row?.payload), error });
}

function toRun(row: SqlRow): MeltanoRun {
  return {
    id: Number(row.id),
    jobName: String(row.job_name),
    runId: toUuid(String(row.run_id)),
    state: row.state as MeltanoRun['state'],
    startedAt: fromMeltanoUtc(row.started_at),
    endedAt: fromMeltanoUtc(row.ended_at),
    lastHeartbeatAt: fromMeltanoUtc(row.last_heartbeat_at),
    trigger: row.trigger === null ? undefined : String(row.trigger),
    payload: parsePayload(row.payload),
  };
}

function parsePayload(text: unknown): Record<string, unknown> {
  if (typeof text !== 'string') return {};
  try {
    const payload = parseExactJson(text);
    return isMap(payload) ? payload : {};
  } catch {
    return {};
  }
}
