/** The schema that both kinds of database expect: the original's revision and columns, and the errors for any other. */
import { TaplineError } from '../../errors.js';
import { newestMigration } from './migrations.js';

export const meltanoRevision = 'c0efb3c314eb';

/** What we read and write of the original's tables. Extra columns do no harm; a missing one is an error. */
export const knownColumns = {
  runs: [
    'id',
    'job_name',
    'run_id',
    'state',
    'started_at',
    'last_heartbeat_at',
    'ended_at',
    'payload',
    'payload_flags',
    'trigger',
  ],
  state: ['state_id', 'partial_state', 'completed_state', 'updated_at'],
};

/** A database with none of these is a fresh one. */
export const meltanoTables = ['alembic_version', ...Object.keys(knownColumns), 'plugin_settings'];

export function madeByNewerTapline(location: string, newest: number): TaplineError {
  return new TaplineError(
    'DATABASE_NEWER',
    `The system database ${location} was made by a newer Tapline (its schema is ${newest}, this program knows ${newestMigration}).`,
    { hint: 'Use the newer Tapline, or another database_uri.' },
  );
}

/** `missing`: columns; empty if the whole table is missing. */
export function otherShape(
  location: string,
  table: string,
  missing: readonly string[],
  revision: string | undefined,
): TaplineError {
  const what = missing.length === 0 ? `no table \`${table}\`` : `a table \`${table}\` without ${missing.join(', ')}`;
  if (revision === undefined) {
    return new TaplineError('DATABASE_OUTDATED', `${location} has ${what}: it is not a system database of Meltano.`, {
      hint: 'Check database_uri: it must name a database that Tapline or Meltano created, or one that does not exist yet. Nothing was changed.',
    });
  }
  return new TaplineError(
    'DATABASE_OUTDATED',
    `The system database ${location} has ${what}: it was made by a Meltano other than 4.4 (revision ${revision}).`,
    { hint: 'Run `meltano upgrade database` once with Meltano 4.4, which keeps its content. Nothing was changed.' },
  );
}
