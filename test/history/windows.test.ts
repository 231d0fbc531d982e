import { openSystemDatabase } from '../../src/state/systemdb/open.js';
import { windowsContract } from './windows-contract.js';

windowsContract({
  open: () => openSystemDatabase({ uri: 'sqlite://', cwd: '/' }),
  close: (database) => database.close(),
});
