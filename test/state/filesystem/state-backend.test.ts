import { mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFilesystemState } from '../../../src/state/filesystem/state-backend.js';
import { type BackendPlace, stateBackendContract } from '../contract.js';

stateBackendContract('file', makePlace, { canGoAway: true });

async function makePlace(): Promise<BackendPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'tapline-state-'));
  const uri = `file://${join(folder, 'state')}`;
  const write = async (stateId: string, text: string) => {
    await mkdir(join(folder, 'state', stateId), { recursive: true });
    await writeFile(join(folder, 'state', stateId, 'state.json'), text);
  };
  const isWrapped = (text: string) => text.startsWith('{"singer_state": ') || text === '{}' || text === '{"other": 1}';
  const whole = (completed: string) =>
    isWrapped(completed) ? `{"completed": ${completed}, "partial": {}}` : completed;
  return {
    open: (clock) => openFilesystemState({ uri, clock, lockRetrySeconds: 0.02 }),
    openInWorker: { do: 'open', kind: 'file', uri },
    seed: async (stateIds, completed) => {
      for (let start = 0; start < stateIds.length; start += 100) {
        await Promise.all(stateIds.slice(start, start + 100).map((stateId) => write(stateId, whole(completed))));
      }
    },
    damage: (stateId, text) => write(stateId, whole(text)),
    damageVersion: async (stateId, version) => {
      const file = join(folder, 'state', '.tapline', stateId, 'versions', `${version}.json`);
      await truncate(file, 40);
    },
    away: async () => {
      await rename(join(folder, 'state'), join(folder, 'away'));
      return { back: () => rename(join(folder, 'away'), join(folder, 'state')) };
    },
    close: () => rm(folder, { recursive: true }),
  };
}
