import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFilesystemState } from '../../../src/state/filesystem/state-backend.js';
import { type BackendPlace, stateBackendContract } from '../contract.js';

stateBackendContract('file', makePlace);

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
      for (const stateId of stateIds) await write(stateId, whole(completed));
    },
    damage: (stateId, text) => write(stateId, whole(text)),
    close: () => rm(folder, { recursive: true }),
  };
}
