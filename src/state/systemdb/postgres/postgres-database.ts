import { setTimeout as sleep } from 'node:timers/promises';
import { TaplineError } from '../../../errors.js';
import type { Database, Durability, SqlRow, SqlValue, Transaction } from '../database.js';
import { answerSeconds, type Client, closePool, type Pool } from './driver.js';
import { explainFault, isAway, isConflict } from './faults.js';

export interface PostgresOptions {
  location: string;
  /** How long to try while the server is away, or other processes are in the way. */
  lockedSeconds: number;
  clock?: (() => Date) | undefined;
}

const query_timeout = answerSeconds * 1000;

/** How long to wait for a server that has timed out before, until it answers again. */
const shortPatienceSeconds = 1;

/**
 * Writes are serializable transactions, one after the other on one connection, so that they mean what they mean on SQLite, where
 * there is one write lock; two processes that get in each other's way show as a conflict, and one of them begins again. Reads use
 * what other connections the pool has. A connection that breaks is replaced, and what was not committed is done again.
 */
export class PostgresDatabase implements Database {
  readonly dialect = 'postgres';
  readonly location: string;
  readonly #pool: Pool;
  readonly #options: PostgresOptions;
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #waitedInVain = false;

  constructor(pool: Pool, options: PostgresOptions) {
    this.location = options.location;
    this.#pool = pool;
    this.#options = options;
  }

  read<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#untilDone(this.#deadline(), () =>
      this.#withClient((client) => work(new PostgresTransaction(client, this.#options.clock))),
    );
  }

  write<T>(durability: Durability, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const deadline = this.#deadline();
    const turn = this.#last.then(() => this.#untilDone(deadline, () => this.#write(durability, work, deadline)));
    this.#last = turn.catch(() => {});
    return turn;
  }

  close(): Promise<void> {
    this.#closing ??= this.#last.then(() => closePool(this.#pool));
    return this.#closing;
  }

  async #write<T>(
    durability: Durability,
    work: (transaction: Transaction) => Promise<T>,
    deadline: number,
  ): Promise<T> {
    const ended = await this.#withClient(async (client) => {
      const { number, now } = await begin(client, durability);
      const result = await work(new PostgresTransaction(client, this.#options.clock ?? (() => now)));
      return { result, number, doubt: await commit(client) };
    }, rollback);
    if (ended.doubt !== undefined && !(await this.#isCommitted(ended.number, deadline))) throw ended.doubt;
    return ended.result;
  }

  /** The connection broke while the commit was on its way: the server knows what became of it. */
  async #isCommitted(number: string, deadline: number): Promise<boolean> {
    return this.#untilDone(deadline, async () => {
      const status = await this.#withClient((client) => statusOf(client, number));
      if (status === 'in progress') throw new StillInProgress();
      return status === 'committed';
    });
  }

  async #withClient<T>(work: (client: Client) => Promise<T>, undo?: (client: Client) => Promise<void>): Promise<T> {
    const client = await this.#connect();
    let broken = false;
    try {
      return await work(client);
    } catch (error) {
      broken =
        isAway(error) ||
        (await undo?.(client).then(
          () => false,
          () => true,
        )) === true;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** A connection that comes too late for who wanted it serves the next. */
  async #connect(): Promise<Client> {
    const connecting = this.#pool.connect();
    if (!this.#waitedInVain) return connecting;
    const patience = new AbortController();
    try {
      const late = sleep(shortPatienceSeconds * 1000, undefined, { signal: patience.signal });
      const client = await Promise.race([connecting, late]);
      if (client !== undefined) return client;
    } finally {
      patience.abort();
    }
    connecting.then(
      (client) => client.release(),
      () => {},
    );
    throw new Error('timeout again when trying to connect');
  }

  /** Tries again while the server is away or others are in the way, after pauses that differ from process to process. */
  async #untilDone<T>(deadline: number, attempt: () => Promise<T>): Promise<T> {
    for (let pause = 4; ; pause = Math.min(pause * 2, 250)) {
      try {
        const result = await attempt();
        this.#waitedInVain = false;
        return result;
      } catch (error) {
        const mayPass = isAway(error) || isConflict(error) || error instanceof StillInProgress;
        if (mayPass && performance.now() <= deadline) {
          await sleep(pause * (0.5 + Math.random()));
          continue;
        }
        this.#waitedInVain ||= isAway(error);
        throw explainFault(error, this.location);
      }
    }
  }

  #deadline(): number {
    const { lockedSeconds } = this.#options;
    const seconds = this.#waitedInVain ? Math.min(shortPatienceSeconds, lockedSeconds) : lockedSeconds;
    return performance.now() + seconds * 1000;
  }
}

class StillInProgress extends TaplineError {
  constructor() {
    super('DATABASE_UNREACHABLE', 'The server of the system database does not report whether it has committed.', {
      hint: 'See what it is doing in pg_stat_activity.',
    });
  }
}

/**
 * In one message: the transaction, what it waits for at most, its number (to ask for when its end is in doubt), and the time. A
 * transaction that is idle because its program was stopped is ended by the server, so that it does not block other runs.
 */
async function begin(client: Client, durability: Durability): Promise<{ number: string; now: Date }> {
  const text = `BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL synchronous_commit TO ${durability === 'full' ? 'on' : 'off'};
    SET LOCAL lock_timeout TO '5s'; SET LOCAL idle_in_transaction_session_timeout TO '15s';
    SELECT pg_current_xact_id() AS number, clock_timestamp() AT TIME ZONE 'UTC' AS now`;
  const results = (await client.query(queryOf(text))) as unknown as { rows: SqlRow[] }[];
  const row = results.at(-1)?.rows[0];
  return { number: String(row?.number), now: utc(row?.now) };
}

/** What went wrong where its outcome is in doubt. */
async function commit(client: Client): Promise<Error | undefined> {
  try {
    await client.query(queryOf('COMMIT'));
    return undefined;
  } catch (error) {
    if (isAway(error)) return error as Error;
    throw error;
  }
}

async function rollback(client: Client): Promise<void> {
  await client.query(queryOf('ROLLBACK'));
}

async function statusOf(client: Client, number: string): Promise<string> {
  try {
    const { rows } = await client.query(queryOf('SELECT pg_xact_status($1::xid8) AS status', [number]));
    return String(rows[0]?.status);
  } catch (error) {
    // Another server answers, which has not come to that number yet.
    if ((error as { code?: unknown }).code === '22023') return 'aborted';
    throw error;
  }
}

class PostgresTransaction implements Transaction {
  readonly #client: Client;
  readonly #clock: (() => Date) | undefined;

  constructor(client: Client, clock: (() => Date) | undefined) {
    this.#client = client;
    this.#clock = clock;
  }

  async all(sql: string, ...values: SqlValue[]): Promise<SqlRow[]> {
    return (await this.#client.query(queryOf(numbered(sql), values))).rows;
  }

  async get(sql: string, ...values: SqlValue[]): Promise<SqlRow | undefined> {
    return (await this.all(sql, ...values))[0];
  }

  async run(sql: string, ...values: SqlValue[]): Promise<number> {
    return (await this.#client.query(queryOf(numbered(sql), values))).rowCount ?? 0;
  }

  async now(): Promise<Date> {
    if (this.#clock !== undefined) return this.#clock();
    return utc((await this.get("SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now"))?.now);
  }
}

function queryOf(text: string, values?: SqlValue[]) {
  return values === undefined ? { text, query_timeout } : { text, values: values.map(withoutNul), query_timeout };
}

/** PostgreSQL's texts can't hold U+0000, which the name of a stream may. */
function withoutNul(value: SqlValue): SqlValue {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}

const numberedTexts = new Map<string, string>();

/** `?` to `$1`, `$2` ..., save in quotes. */
function numbered(sql: string): string {
  let text = numberedTexts.get(sql);
  if (text === undefined) {
    let count = 0;
    text = sql.replace(/'[^']*'|"[^"]*"|\?/g, (part) => {
      if (part !== '?') return part;
      count += 1;
      return `$${count}`;
    });
    numberedTexts.set(sql, text);
  }
  return text;
}

function utc(text: unknown): Date {
  return new Date(`${String(text).slice(0, 23).replace(' ', 'T')}Z`);
}
