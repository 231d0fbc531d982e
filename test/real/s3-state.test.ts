/** The contract of state backends on moto, a copy of S3 by others than us. */
import { afterAll, beforeAll } from 'vitest';
import type { ObjectStore } from '../../src/state/objectstore/object-store.js';
import { createS3Store } from '../../src/state/objectstore/s3/store.js';
import { createObjectState } from '../../src/state/objectstore/state-backend.js';
import { type BackendPlace, stateBackendContract } from '../state/contract.js';
import { type Moto, startMoto } from './moto.js';

let moto: Moto;
let places = 0;
beforeAll(async () => {
  moto = await startMoto();
});
afterAll(() => moto.stop());

stateBackendContract('s3 (moto)', makePlace);

async function makePlace(): Promise<BackendPlace> {
  places += 1;
  const prefix = `place-${places}`;
  const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' };
  const store = await createS3Store({ bucket: moto.bucket, credentials, endpoint: moto.endpoint, region: undefined });
  const seed = (stateIds: string[], text: string) =>
    moto.seed(
      stateIds.map((stateId) => `${prefix}/${stateId}/state.json`),
      wholeText(text),
    );
  return {
    open: async (clock) => {
      return createObjectState({ store: clock ? withClock(store, clock) : store, prefix, lockRetrySeconds: 0.02 });
    },
    openInWorker: { do: 'open', kind: 's3', uri: `s3://key:secret@${moto.bucket}/${prefix}`, endpoint: moto.endpoint },
    seed,
    damage: (stateId, text) => seed([stateId], text),
    damageVersion: async (stateId, version) => {
      for await (const page of store.list(`${prefix}/.tapline/${stateId}/versions/${version}.`)) {
        for (const { key } of page) await store.put(key, ((await store.get(key))?.text ?? '').slice(0, 40));
      }
    },
    close: () => store.close(),
  };
}

/** The same store with another clock. */
function withClock(store: ObjectStore, clock: () => Date): ObjectStore {
  const modified = new Map<string, Date>();
  return {
    kind: store.kind,
    nameOf: (key) => store.nameOf(key),
    get: async (key) => {
      const object = await store.get(key);
      return object && { ...object, modifiedAt: modified.get(key) ?? object.modifiedAt, now: clock() };
    },
    put: async (key, text, condition) => {
      const version = await store.put(key, text, condition);
      if (version !== undefined) modified.set(key, clock());
      return version;
    },
    delete: (key, seen) => store.delete(key, seen),
    list: (prefix) => store.list(prefix),
    folders: (prefix) => store.folders(prefix),
    close: () => store.close(),
  };
}

function wholeText(completed: string): string {
  const isWrapped = completed.startsWith('{"singer_state": ') || completed === '{}' || completed === '{"other": 1}';
  return isWrapped ? `{"completed": ${completed}, "partial": {}}` : completed;
}
