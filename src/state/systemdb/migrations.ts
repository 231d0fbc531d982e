/** Our schema changes, in order. A published file is never changed: a new one is added here. */
import tables from './sql/000001-tables.sql';
import pipelinesAndBackfills from './sql/000002-pipelines-and-backfills.sql';
import runners from './sql/000003-runners.sql';

export interface Migration {
  number: number;
  name: string;
  sql: string;
}

export const migrations: readonly Migration[] = [
  { number: 1, name: 'tables', sql: tables },
  { number: 2, name: 'pipelines-and-backfills', sql: pipelinesAndBackfills },
  { number: 3, name: 'runners', sql: runners },
];

export const newestMigration = Math.max(...migrations.map(({ number }) => number));
