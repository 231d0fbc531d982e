/** Leases as rows: a run that changes a row under the write lock holds it, and the token of each holder is unique. */
import { leaseLost, leaseUnknown } from '../lease-errors.js';
import { judgeOwner, leaseLifeSeconds, projectAfter, type Verdict } from '../lease-verdict.js';
import type { AcquiredLease, AcquireOptions, HeldLease, Lease, LeaseHolder, LeaseStore } from '../port.js';
import type { Database, SqlRow, Transaction } from './database.js';

/** `state`: the right to run a state ID. `slot`: a slot under a concurrency limit. */
export type LeaseScope = 'state' | 'slot';

export interface LeaseGrant {
  database: Database;
  scope: LeaseScope;
  name: string;
  token: number;
  lifeSeconds: number;
  validUntil: number;
}

export class SystemdbLeaseStore<L extends Lease> implements LeaseStore<L> {
  readonly #database: Database;
  readonly #scope: LeaseScope;
  readonly #toLease: (grant: LeaseGrant) => L;

  constructor(database: Database, scope: LeaseScope, toLease: (grant: LeaseGrant) => L) {
    this.#database = database;
    this.#scope = scope;
    this.#toLease = toLease;
  }

  async acquire(name: string, options: AcquireOptions): Promise<AcquiredLease<L> | HeldLease> {
    for (;;) {
      // Checked without the write lock, since the check may start a process.
      const seen = await this.#database.read((transaction) => readRow(transaction, this.#scope, name));
      const verdict = seen?.held ? await judgeOwner(seen.owner, options.force ?? false) : undefined;
      const answer = await this.#take(name, seen, verdict, options);
      if (answer !== undefined) return answer;
    }
  }

  async list(): Promise<LeaseHolder[]> {
    const rows = await this.#database.read((transaction) =>
      transaction.all('SELECT * FROM tapline_leases WHERE scope = ? AND held = 1', this.#scope),
    );
    // Not by the database, whose order depends on its language.
    return rows.map(toHolder).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  releaseHeld(name: string): Promise<LeaseHolder> {
    return this.#database.write('normal', async (transaction) => {
      const row = await readRow(transaction, this.#scope, name);
      if (!row?.held) throw leaseUnknown(name);
      await transaction.run('UPDATE tapline_leases SET held = 0 WHERE scope = ? AND name = ?', this.#scope, name);
      return withoutHeld(row);
    });
  }

  /** Undefined if the row changed since it was read. */
  #take(
    name: string,
    seen: LeaseRow | undefined,
    verdict: Verdict | undefined,
    { owner, lifeSeconds = leaseLifeSeconds, ...project }: AcquireOptions,
  ): Promise<AcquiredLease<L> | HeldLease | undefined> {
    // Synced to disk: a token that a power cut of the server rolls back would be issued twice.
    return this.#database.write('full', async (transaction) => {
      const row = await readRow(transaction, this.#scope, name);
      if (row?.token !== seen?.token || row?.held !== seen?.held) return undefined;
      const projectId = projectAfter(name, row?.projectId, project);
      const now = await transaction.now();
      const reason = row?.held ? verdict?.(row.expiresAt, now) : undefined;
      if (row?.held && reason === undefined) return { kind: 'held', holder: withoutHeld(row), now };
      const token = (row?.token ?? 0) + 1;
      const validUntil = performance.now() + lifeSeconds * 1000;
      const expiresAt = new Date(now.getTime() + lifeSeconds * 1000);
      const times = { acquiredAt: now, heartbeatAt: now, expiresAt };
      await writeRow(transaction, this.#scope, { name, token, owner, ...times, projectId });
      const kept = { database: this.#database, scope: this.#scope };
      const lease = this.#toLease({ ...kept, name, token, lifeSeconds, validUntil });
      return {
        kind: 'acquired',
        lease,
        tookFrom: row !== undefined && reason !== undefined ? { ...withoutHeld(row), reason } : undefined,
      };
    });
  }
}

export class SystemdbLease implements Lease {
  readonly name: string;
  readonly token: number;
  protected readonly grant: LeaseGrant;

  constructor(grant: LeaseGrant) {
    this.name = grant.name;
    this.token = grant.token;
    this.grant = { ...grant };
  }

  validUntil(): number {
    return this.grant.validUntil;
  }

  async renew(): Promise<void> {
    await this.writeAsHolder('normal', async () => {});
  }

  async release(): Promise<void> {
    const { database, scope } = this.grant;
    await database.write('normal', (transaction) =>
      transaction.run(
        'UPDATE tapline_leases SET held = 0 WHERE scope = ? AND name = ? AND token = ? AND held = 1',
        scope,
        this.name,
        this.token,
      ),
    );
    this.grant.validUntil = 0;
  }

  /** Does `work` in a transaction that commits only while this lease is held, and renews it. Throws LEASE_LOST. */
  protected async writeAsHolder<T>(
    durability: 'full' | 'normal',
    work: (transaction: Transaction, now: Date) => Promise<T>,
  ): Promise<T> {
    const { database, lifeSeconds } = this.grant;
    const started = performance.now();
    const result = await database.write(durability, async (transaction) => {
      const now = await transaction.now();
      await renewOrFail(transaction, this.grant, now);
      return work(transaction, now);
    });
    this.grant.validUntil = started + lifeSeconds * 1000;
    return result;
  }
}

async function renewOrFail(
  transaction: Transaction,
  { scope, name, token, lifeSeconds }: LeaseGrant,
  now: Date,
): Promise<void> {
  const renewed = await transaction.run(
    'UPDATE tapline_leases SET heartbeat_at = ?, expires_at = ? WHERE scope = ? AND name = ? AND token = ? AND held = 1',
    now.toISOString(),
    new Date(now.getTime() + lifeSeconds * 1000).toISOString(),
    scope,
    name,
    token,
  );
  if (renewed > 0) return;
  const row = await readRow(transaction, scope, name);
  const holder = row?.held ? withoutHeld(row) : undefined;
  throw leaseLost(name, token, { holder, takenOver: row !== undefined && row.token > token });
}

type LeaseRow = LeaseHolder & { held: boolean };

async function readRow(transaction: Transaction, scope: LeaseScope, name: string): Promise<LeaseRow | undefined> {
  const row = await transaction.get('SELECT * FROM tapline_leases WHERE scope = ? AND name = ?', scope, name);
  return row === undefined ? undefined : { ...toHolder(row), held: row.held === 1 };
}

async function writeRow(transaction: Transaction, scope: LeaseScope, holder: LeaseHolder): Promise<void> {
  const { owner } = holder;
  await transaction.run(
    `INSERT INTO tapline_leases (scope, name, token, held, run_id, host, pid, pid_start, boot_id, pid_namespace,
       user_name, command, acquired_at, heartbeat_at, expires_at, project_id)
     VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (scope, name) DO UPDATE SET token = excluded.token, held = 1, run_id = excluded.run_id,
       host = excluded.host, pid = excluded.pid, pid_start = excluded.pid_start, boot_id = excluded.boot_id,
       pid_namespace = excluded.pid_namespace, user_name = excluded.user_name, command = excluded.command,
       acquired_at = excluded.acquired_at, heartbeat_at = excluded.heartbeat_at, expires_at = excluded.expires_at,
       project_id = excluded.project_id`,
    scope,
    holder.name,
    holder.token,
    owner.runId,
    owner.host,
    owner.pid,
    owner.pidStart,
    owner.bootId,
    owner.pidNamespace,
    owner.user,
    owner.command,
    holder.acquiredAt.toISOString(),
    holder.heartbeatAt.toISOString(),
    holder.expiresAt.toISOString(),
    holder.projectId ?? null,
  );
}

function toHolder(row: SqlRow): LeaseHolder {
  return {
    name: String(row.name),
    token: Number(row.token),
    owner: {
      runId: String(row.run_id),
      host: String(row.host),
      pid: Number(row.pid),
      pidStart: String(row.pid_start),
      bootId: String(row.boot_id),
      pidNamespace: String(row.pid_namespace),
      user: String(row.user_name),
      command: String(row.command),
    },
    acquiredAt: new Date(String(row.acquired_at)),
    heartbeatAt: new Date(String(row.heartbeat_at)),
    expiresAt: new Date(String(row.expires_at)),
    projectId: row.project_id === null ? undefined : String(row.project_id),
  };
}

function withoutHeld({ held: _held, ...holder }: LeaseRow): LeaseHolder {
  return holder;
}
