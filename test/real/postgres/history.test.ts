/** History on a PostgreSQL server. */
import { describe } from 'vitest';
import { openSystemDatabase } from '../../../src/state/systemdb/open.js';
import { historyContract } from '../../history/contract.js';
import { meltanoRunsContract } from '../../history/meltano-runs-contract.js';
import { windowsContract } from '../../history/windows-contract.js';
import { hasPostgres, type OwnSchema, ownSchema } from '../postgres.js';

const isThere = await hasPostgres();

describe.skipIf(!isThere)('PostgreSQL', () => {
  let schema: OwnSchema;
  const place = {
    open: async (clock?: () => Date) => {
      schema = await ownSchema();
      return openSystemDatabase({ uri: schema.uri, cwd: '/', clock });
    },
    close: async (database: { close(): Promise<void> }) => {
      await database.close();
      await schema.drop();
    },
  };
  historyContract(place);
  meltanoRunsContract(place);
  windowsContract(place);
});
