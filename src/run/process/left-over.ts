import { groupLives, signalGroup } from './process-group.js';

const pollMilliseconds = 50;
const graceMilliseconds = 1_000;

/** Ends what a dead leader left in its group: TERM, and KILL a second later. Resolves when the group is empty. */
export async function endLeftOvers(groupId: number): Promise<void> {
  if (!signalGroup(groupId, 'SIGTERM') || !groupLives(groupId)) return;
  const start = performance.now();
  while (performance.now() - start < graceMilliseconds) {
    await pause();
    if (!groupLives(groupId)) return;
  }
  signalGroup(groupId, 'SIGKILL');
  while (performance.now() - start < 2 * graceMilliseconds && groupLives(groupId)) await pause();
}

function pause(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, pollMilliseconds);
  });
}
