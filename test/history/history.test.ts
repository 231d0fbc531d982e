import { openSystemDatabase } from '../../src/state/systemdb/open.js';
import { historyContract } from './contract.js';

historyContract({
  open: () => openSystemDatabase({ uri: 'sqlite://', cwd: '/' }),
  close: (database) => database.close(),
});
