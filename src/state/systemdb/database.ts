/** The port to the SQL database that keeps runs, leases and (by default) state; one folder beside this file for each kind. */

/** Bytes only in columns of bytes; numbers only as far as JavaScript counts. */
export type SqlValue = string | number | Uint8Array | null;
export type SqlRow = Record<string, SqlValue>;

/**
 * `full`: on the disk when the promise resolves, for leases taken and checkpoints. `normal`: a power cut (of the server, where there is
 * one) may take the last moments back, never half of one.
 */
export type Durability = 'full' | 'normal';

/** Statements use `?` for values, and only what SQLite and PostgreSQL both understand. */
export interface Transaction {
  all(sql: string, ...values: SqlValue[]): Promise<SqlRow[]>;
  get(sql: string, ...values: SqlValue[]): Promise<SqlRow | undefined>;
  /** Returns the number of rows changed. */
  run(sql: string, ...values: SqlValue[]): Promise<number>;
  /** The time by the database's clock, which judges leases. */
  now(): Promise<Date>;
}

/**
 * A write sees the database as if it were alone with it. `work` may be called again after a conflict with another process or a lost
 * connection, so it must do nothing but use the transaction, and must not wait for anything else: on SQLite it holds the only write
 * lock. What is asked to be written at the same time is written in that order.
 */
export interface Database {
  readonly dialect: 'sqlite' | 'postgres';
  /** Where it is, without secrets. */
  readonly location: string;
  read<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  write<T>(durability: Durability, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
