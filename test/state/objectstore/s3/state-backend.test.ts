/** The contract, over the real SDK and a small server of ours; test/real has it with moto. */
import { openS3State } from '../../../../src/state/objectstore/s3/open.js';
import { type BackendPlace, stateBackendContract } from '../../contract.js';
import { FakeS3 } from './fake-s3.js';

stateBackendContract('s3', makePlace, { canGoAway: true });

async function makePlace(): Promise<BackendPlace> {
  const fake = await FakeS3.start();
  const uri = `s3://key:secret@${fake.bucket}/some/prefix`;
  const opened: { close(): Promise<void> }[] = [];
  const seed = (stateId: string, text: string) => fake.seed(`some/prefix/${stateId}/state.json`, wholeText(text));
  return {
    open: async (clock) => {
      if (clock !== undefined) fake.clock = clock;
      const setting = (name: string) => (name === 'endpoint_url' ? fake.endpoint : undefined);
      const backend = await openS3State({ uri, setting, lockRetrySeconds: 0.02 });
      opened.push(backend);
      return backend;
    },
    openInWorker: { do: 'open', kind: 's3', uri, endpoint: fake.endpoint },
    seed: async (stateIds, completed) => {
      for (const stateId of stateIds) seed(stateId, completed);
    },
    damage: async (stateId, text) => seed(stateId, text),
    damageVersion: async (stateId, version) => {
      const folder = `some/prefix/.tapline/${stateId}/versions/`;
      for (const key of fake.objects.keys()) {
        const isIt = key.startsWith(`${folder}${version}.`);
        if (isIt) fake.seed(key, fake.textOf(key)?.slice(0, 40) ?? '');
      }
    },
    away: async () => {
      const { port } = fake;
      await fake.close();
      return { back: () => fake.listen(port) };
    },
    close: async () => {
      await Promise.all(opened.map((backend) => backend.close()));
      await fake.close();
    },
  };
}

function wholeText(completed: string): string {
  const isWrapped = completed.startsWith('{"singer_state": ') || completed === '{}' || completed === '{"other": 1}';
  return isWrapped ? `{"completed": ${completed}, "partial": {}}` : completed;
}
