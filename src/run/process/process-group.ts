import { readdirSync, readFileSync } from 'node:fs';

/** False if the group is empty. */
export function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch (error) {
    // A member that runs as another user can't be signalled, but exists.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether a member of the group still runs. A zombie does not count: if it is never reaped, it stays forever. */
export function groupLives(groupId: number): boolean {
  if (!signalGroup(groupId, 0)) return false;
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => /^\d+$/.test(name) && livesInGroup(name, groupId));
}

function livesInGroup(pid: string, groupId: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may itself contain blanks and parentheses. State, parent and group follow it.
    const [state = '', , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(group) === groupId && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}
