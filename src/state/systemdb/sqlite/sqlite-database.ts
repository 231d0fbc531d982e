import { setTimeout as sleep } from 'node:timers/promises';
import type { Statement } from 'better-sqlite3';
import type { Database, Durability, SqlRow, SqlValue, Transaction } from '../database.js';
import type { Driver } from './driver.js';
import { explainFault, isLocked } from './faults.js';

export interface SqliteOptions {
  location: string;
  /** How long to try while another process holds the lock. */
  lockedSeconds: number;
  clock: () => Date;
}

/** One connection. What is asked of it at the same time runs one after the other, since a transaction belongs to the connection. */
export class SqliteDatabase implements Database {
  readonly dialect = 'sqlite';
  readonly location: string;
  readonly #driver: Driver;
  readonly #options: SqliteOptions;
  readonly #transaction: SqliteTransaction;
  #last: Promise<unknown> = Promise.resolve();
  #durability: Durability | undefined;

  constructor(driver: Driver, options: SqliteOptions) {
    this.location = options.location;
    this.#driver = driver;
    this.#options = options;
    this.#transaction = new SqliteTransaction(driver, options.clock);
  }

  read<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#inTurn(() => work(this.#transaction));
  }

  write<T>(durability: Durability, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#inTurn(() => this.#write(durability, work));
  }

  async close(): Promise<void> {
    await this.#last;
    if (this.#driver.open) this.#driver.close();
  }

  /**
   * Tries again while another process holds the lock, after pauses that differ from process to process. The time to
   * give up counts from the call, not from the turn: who waits behind others must not wait longer for it.
   */
  async untilUnlocked<T>(attempt: () => T | Promise<T>, deadline = this.#deadline()): Promise<T> {
    for (let pause = 4; ; pause = Math.min(pause * 2, 100)) {
      try {
        return await attempt();
      } catch (error) {
        if (!isLocked(error) || performance.now() > deadline) throw explainFault(error, this.location);
      }
      await sleep(pause * (0.5 + Math.random()));
    }
  }

  async #write<T>(durability: Durability, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    this.#setDurability(durability);
    this.#driver.exec('BEGIN IMMEDIATE');
    try {
      const result = await work(this.#transaction);
      this.#driver.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#driver.inTransaction) this.#driver.exec('ROLLBACK');
      throw error;
    }
  }

  #setDurability(durability: Durability): void {
    if (this.#durability === durability) return;
    this.#driver.exec(`PRAGMA synchronous = ${durability}`);
    this.#durability = durability;
  }

  #deadline(): number {
    return performance.now() + this.#options.lockedSeconds * 1000;
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const deadline = this.#deadline();
    const turn = this.#last.then(() => this.untilUnlocked(task, deadline));
    this.#last = turn.catch(() => {});
    return turn;
  }
}

class SqliteTransaction implements Transaction {
  readonly #driver: Driver;
  readonly #clock: () => Date;
  readonly #prepared = new Map<string, Statement<SqlValue[], SqlRow>>();

  constructor(driver: Driver, clock: () => Date) {
    this.#driver = driver;
    this.#clock = clock;
  }

  async all(sql: string, ...values: SqlValue[]): Promise<SqlRow[]> {
    return this.#prepare(sql).all(...values);
  }

  async get(sql: string, ...values: SqlValue[]): Promise<SqlRow | undefined> {
    return this.#prepare(sql).get(...values);
  }

  async run(sql: string, ...values: SqlValue[]): Promise<number> {
    return this.#prepare(sql).run(...values).changes;
  }

  async now(): Promise<Date> {
    return this.#clock();
  }

  #prepare(sql: string): Statement<SqlValue[], SqlRow> {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.#driver.prepare<SqlValue[], SqlRow>(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}
