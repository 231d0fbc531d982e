import type { Database } from '../../../src/state/systemdb/database.js';
import { openSystemDatabase, type SystemDatabaseOptions } from '../../../src/state/systemdb/open.js';
import { SystemdbStateBackend } from '../../../src/state/systemdb/state-backend.js';
import type { BackendPlace } from '../contract.js';

/** A place for the contract in a system database of any kind. `close` closes what was opened in it. */
export function databasePlace(options: SystemDatabaseOptions): BackendPlace {
  const opened: Database[] = [];
  const open = async (clock?: () => Date) => {
    const database = await openSystemDatabase({ ...options, clock });
    opened.push(database);
    return database;
  };
  return {
    open: async (clock) => new SystemdbStateBackend(await open(clock)),
    openInWorker: { do: 'open', kind: 'systemdb', uri: options.uri },
    seed: async (stateIds, completed) => {
      await (await open()).write('normal', async (transaction) => {
        for (const stateId of stateIds) {
          const insert = "INSERT INTO state (state_id, completed_state, partial_state) VALUES (?, ?, '{}')";
          await transaction.run(insert, stateId, completed);
        }
      });
    },
    damage: async (stateId, text) => {
      await (await open()).write('normal', (transaction) =>
        transaction.run('UPDATE state SET completed_state = ? WHERE state_id = ?', text, stateId),
      );
    },
    damageVersion: async (stateId, version) => {
      await (await open()).write('normal', (transaction) =>
        transaction.run(
          'UPDATE tapline_state_versions SET completed = SUBSTR(completed, 1, 9) WHERE state_id = ? AND version = ?',
          stateId,
          version,
        ),
      );
    },
    close: async () => {
      await Promise.all(opened.map((database) => database.close()));
    },
  };
}
