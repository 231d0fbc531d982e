/** The port to the SQL database that keeps runs, leases and (by default) state; one folder beside this file for each kind. */

export type SqlValue = string | number | null;
export type SqlRow = Record<string, SqlValue>;

/** `full`: on the disk when the promise resolves, for checkpoints. `normal`: a power cut may take the last moments back, never half of one. */
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
 * `work` may be called again after a conflict with another process, so it must do nothing but use the transaction,
 * and must not wait for anything else: on SQLite it holds the only write lock.
 */
export interface Database {
  readonly dialect: 'sqlite';
  /** Where it is, without secrets. */
  readonly location: string;
  read<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  write<T>(durability: Durability, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
