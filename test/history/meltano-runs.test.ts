import { openSystemDatabase } from '../../src/state/systemdb/open.js';
import { meltanoRunsContract } from './meltano-runs-contract.js';

meltanoRunsContract({
  open: (clock) => openSystemDatabase({ uri: 'sqlite://', cwd: '/', clock }),
  close: (database) => database.close(),
});
