import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../../src/state/systemdb/database.js';
import { openSystemDatabase } from '../../../src/state/systemdb/open.js';
import { SystemdbStateBackend } from '../../../src/state/systemdb/state-backend.js';
import { type BackendPlace, stateBackendContract } from '../contract.js';

stateBackendContract('systemdb', makePlace);

async function makePlace(): Promise<BackendPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'tapline-state-'));
  const uri = `sqlite:///${join(folder, 'meltano.db')}`;
  const opened: Database[] = [];
  const open = async (clock?: () => Date) => {
    const database = await openSystemDatabase({ uri, cwd: folder, clock });
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
    close: async () => {
      await Promise.all(opened.map((database) => database.close()));
      await rm(folder, { recursive: true });
    },
  };
}
