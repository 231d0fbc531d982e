/** History on a PostgreSQL server. */
import { describe } from 'vitest';
import type { Database } from '../../../src/state/systemdb/database.js';
import { openSystemDatabase } from '../../../src/state/systemdb/open.js';
import { type HistoryPlace, historyContract } from '../../history/contract.js';
import { meltanoRunsContract } from '../../history/meltano-runs-contract.js';
import { windowsContract } from '../../history/windows-contract.js';
import { hasPostgres, type OwnSchema, ownSchema } from '../postgres.js';

const isThere = await hasPostgres();

describe.skipIf(!isThere)('PostgreSQL', () => {
  // Each in a block of its own: what they do before each test is theirs alone.
  describe('history', () => historyContract(place()));
  describe("the original's runs", () => meltanoRunsContract(place()));
  describe('windows', () => windowsContract(place()));
});

function place(): HistoryPlace {
  const schemas = new Map<Database, OwnSchema>();
  return {
    open: async (clock) => {
      const schema = await ownSchema();
      const database = await openSystemDatabase({ uri: schema.uri, cwd: '/', clock });
      schemas.set(database, schema);
      return database;
    },
    close: async (database) => {
      await database.close();
      await schemas.get(database)?.drop();
    },
  };
}
