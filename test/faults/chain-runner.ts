/**
 * A runner of one chain, to be killed: `node chain-runner.mjs SPEC`, with the chain's processes, a secret file and
 * where to save states. It prints `saved` after each.
 */
import { writeFileSync } from 'node:fs';
import { startChain } from '../../src/run/chain/chain-run.js';
import type { ChainSpec } from '../../src/run/chain/types.js';
import { startReaper } from '../../src/run/process/reaper.js';

interface Setup {
  chain: ChainSpec;
  secretFile: string;
  stateFile: string;
}

const { chain, secretFile, stateFile } = JSON.parse(process.argv[2] ?? '') as Setup;
const reaper = startReaper();
reaper.watchPath(secretFile);
writeFileSync(secretFile, 'password', { mode: 0o600 });
const running = startChain(chain, {
  emit: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
  save: async ({ state }) => {
    writeFileSync(stateFile, JSON.stringify(state));
    process.stdout.write(`${JSON.stringify({ type: 'saved', state })}\n`);
  },
  reaper,
});
process.on('SIGTERM', () => running.stop('signal'));
await running.done;
await reaper.close();
