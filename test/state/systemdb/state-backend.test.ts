import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BackendPlace, stateBackendContract } from '../contract.js';
import { databasePlace } from './database-place.js';

stateBackendContract('systemdb', makePlace);

async function makePlace(): Promise<BackendPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'tapline-state-'));
  const place = databasePlace({ uri: `sqlite:///${join(folder, 'meltano.db')}`, cwd: folder });
  return {
    ...place,
    close: async () => {
      await place.close();
      await rm(folder, { recursive: true });
    },
  };
}
