import { groupLives, signalGroup } from './process-group.js';

const pollMilliseconds = 50;
const patienceMilliseconds = 1_000;

/** Ends what a leader that is gone has left in its group: TERM, a second later KILL. Resolves when nobody is left. */
export async function endLeftOvers(groupId: number): Promise<void> {
  if (!signalGroup(groupId, 'SIGTERM') || !groupLives(groupId)) return;
  const start = performance.now();
  while (performance.now() - start < patienceMilliseconds) {
    await pause();
    if (!groupLives(groupId)) return;
  }
  signalGroup(groupId, 'SIGKILL');
  while (performance.now() - start < 2 * patienceMilliseconds && groupLives(groupId)) await pause();
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, pollMilliseconds);
  });
}
