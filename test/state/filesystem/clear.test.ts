/** A clear whose holder stands still after its last look. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openFilesystemState } from '../../../src/state/filesystem/state-backend.js';
import { currentOwner } from '../../../src/state/owner.js';
import { errorFrom } from '../error-from.js';
import { takeLease } from '../take-lease.js';

const pause = vi.hoisted(() => ({ meanwhile: async () => {} }));
vi.mock('../../../src/state/filesystem/versions.js', async (importOriginal) => {
  const versions = await importOriginal<typeof import('../../../src/state/filesystem/versions.js')>();
  return {
    ...versions,
    writeVersion: async (...args: Parameters<typeof versions.writeVersion>) => {
      await versions.writeVersion(...args);
      await pause.meanwhile();
    },
  };
});

const stateId = 'dev:tap-fake-to-target-fake';
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tapline-files-'));
});
afterEach(() => rm(root, { recursive: true }));

test('removes nothing once another has its lock, and leaves no version', async () => {
  const backend = await openFilesystemState({ uri: `file://${root}`, lockRetrySeconds: 0.02 });
  const { lease } = await takeLease(backend.leases, stateId, { owner: await currentOwner('run') });
  await lease.save({ mode: 'completed', state: { singer_state: { n: 1 } } });
  const file = (name: string) => join(root, stateId, name);
  pause.meanwhile = async () => {
    await writeFile(file('lock'), `${Date.now() / 1000}`);
    await writeFile(file('state.json'), '{"completed": {"singer_state": {"by": "another"}}}');
  };
  expect(await errorFrom(backend.clear(lease))).toMatchObject({ code: 'STATE_NOT_SAVED' });
  expect(await readFile(file('state.json'), 'utf8')).toContain('another');
  expect(await readdir(join(root, '.tapline', stateId, 'versions'))).toEqual(['1.json']);
});
