/** The contract of all state backends, on a PostgreSQL server. */
import { describe } from 'vitest';
import type { Database } from '../../../src/state/systemdb/database.js';
import { openSystemDatabase } from '../../../src/state/systemdb/open.js';
import { SystemdbStateBackend } from '../../../src/state/systemdb/state-backend.js';
import { type BackendPlace, stateBackendContract } from '../../state/contract.js';
import { hasPostgres, ownSchema } from '../postgres.js';
import { ServerProxy } from './proxy.js';

const isThere = await hasPostgres();

describe.skipIf(!isThere)('PostgreSQL', () => {
  stateBackendContract('systemdb', makePlace, { canGoAway: true });
});

async function makePlace(): Promise<BackendPlace> {
  const [schema, proxy] = await Promise.all([ownSchema(), ServerProxy.open()]);
  const uri = schema.uriBy(proxy.place);
  const opened: Database[] = [];
  const open = async (clock?: () => Date) => {
    const database = await openSystemDatabase({ uri, cwd: '/', clock, lockedSeconds: 3 });
    opened.push(database);
    return database;
  };
  return {
    open: async (clock) => new SystemdbStateBackend(await open(clock)),
    openInWorker: { do: 'open', kind: 'systemdb', uri },
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
    away: async () => {
      proxy.goAway();
      return { back: async () => proxy.comeBack() };
    },
    close: async () => {
      await Promise.all(opened.map((database) => database.close()));
      await Promise.all([schema.drop(), proxy.close()]);
    },
  };
}
