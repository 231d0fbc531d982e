/** The contract of all state backends, on a PostgreSQL server. */
import { describe } from 'vitest';
import { type BackendPlace, stateBackendContract } from '../../state/contract.js';
import { databasePlace } from '../../state/systemdb/database-place.js';
import { hasPostgres, ownSchema } from '../postgres.js';
import { ServerProxy } from './proxy.js';

const isThere = await hasPostgres();

describe.skipIf(!isThere)('PostgreSQL', () => {
  stateBackendContract('systemdb', makePlace, { canGoAway: true });
});

async function makePlace(): Promise<BackendPlace> {
  const [schema, proxy] = await Promise.all([ownSchema(), ServerProxy.open()]);
  const place = databasePlace({ uri: schema.uriBy(proxy.place), cwd: '/', lockedSeconds: 3 });
  return {
    ...place,
    away: async () => {
      proxy.goAway();
      return { back: async () => proxy.comeBack() };
    },
    close: async () => {
      await place.close();
      await Promise.all([schema.drop(), proxy.close()]);
    },
  };
}
