/**
 * Leases and saves are only as safe as the store's conditions. A store that does not know them may take them without a word
 * and write all the same, so before the first lease two writes are tried that must be refused.
 */
import { TaplineError } from '../../errors.js';
import type { ObjectLayout } from './layout.js';
import type { ObjectStore } from './object-store.js';

const neverThere = { version: '"00000000000000000000000000000000"' };

/** Throws STATE_BACKEND_REFUSED. */
export async function checkConditionalWrites(store: ObjectStore, layout: ObjectLayout): Promise<void> {
  const [create, replace] = await Promise.all([
    probeCreate(store, layout.probe()),
    probeReplace(store, layout.probe()),
  ]);
  if (create && replace) return;
  const header = create ? 'If-Match' : 'If-None-Match';
  throw new TaplineError(
    'STATE_BACKEND_REFUSED',
    `The object store of ${store.nameOf(layout.base())} does not support conditional writes (${header} has no effect): two runs could write one state at once.`,
    {
      hint: 'Use a store that supports them (Amazon S3, MinIO, Cloudflare R2, Ceph of 2024 and later), or keep state in the system database or in files.',
    },
  );
}

async function probeCreate(store: ObjectStore, key: string): Promise<boolean> {
  const text = 'Tapline asks here whether this store refuses to create what is there.\n';
  for (let tries = 0; tries < 2; tries += 1) {
    if ((await store.put(key, text, 'absent')) === undefined) return true;
  }
  return false;
}

async function probeReplace(store: ObjectStore, key: string): Promise<boolean> {
  return (
    (await store.put(`${key}-replace`, 'Tapline was here: this store replaces what it must not.\n', neverThere)) ===
    undefined
  );
}
