import { setTimeout as delay } from 'node:timers/promises';
import { TaplineError } from '../../errors.js';
import type { History, ProcessRow } from '../../history/port.js';
import { livenessOf, processStart } from '../../state/owner.js';
import { groupLives, signalGroup } from '../process/process-group.js';

const termSeconds = 2;
const killSeconds = 10;

/**
 * The processes that dead runs may have left of a chain: those of the run that the lease was taken from, and of any other that was
 * killed. Otherwise a lease released by hand, or an interrupted reclaim, would hide a process that still writes.
 */
export async function findLeftProcesses(
  history: History,
  stateId: string,
  deadRun: string | undefined,
): Promise<ProcessRow[]> {
  const rows = await history.orphans(stateId);
  if (deadRun !== undefined) rows.push(...(await history.openProcesses(deadRun)));
  const distinct = new Map(rows.map((row) => [`${row.runId} ${row.pid} ${row.pidStart}`, row]));
  const left: ProcessRow[] = [];
  for (const row of distinct.values()) if (!(await hasLivingRunner(row))) left.push(row);
  return left;
}

/** A living run may reuse the ID of a dead one: then its processes have the same run ID as the dead run's. */
async function hasLivingRunner({ runner, bootId, pidNamespace }: ProcessRow): Promise<boolean> {
  return runner !== undefined && (await livenessOf({ ...runner, bootId, pidNamespace })) === 'alive';
}

/**
 * Ends the processes of dead runs and waits until all are gone, so that none still writes when the state is read. The leader's start
 * time, the boot ID and the PID namespace tell a process from a later one with the same number. Returns how many there were.
 * Throws RUN_FAILED if one can't be ended.
 */
export async function reclaimProcesses(history: History, rows: readonly ProcessRow[]): Promise<number> {
  const alive: ProcessRow[] = [];
  for (const row of rows) {
    const verdict = await judgeGroup(row);
    if (verdict === 'alive') alive.push(row);
    else if (verdict === 'gone') await forget(history, row, null);
  }
  for (const [signal, seconds] of [
    ['SIGTERM', termSeconds],
    ['SIGKILL', killSeconds],
  ] as const) {
    for (const row of alive) signalGroup(row.groupId, signal);
    await allGone(alive, seconds);
  }
  const stuck = alive.filter((row) => groupLives(row.groupId));
  if (stuck.length > 0) throw stillAlive(stuck);
  for (const row of alive) await forget(history, row, 'SIGTERM');
  return alive.length;
}

/**
 * Whether this group still exists and belongs to the dead run. A missing leader proves nothing: while members of its group live,
 * the kernel does not reuse its number. `elsewhere`: another host, container or boot.
 */
async function judgeGroup(row: ProcessRow): Promise<'alive' | 'gone' | 'elsewhere'> {
  const liveness = await livenessOf(row);
  if (liveness === 'unknown') return 'elsewhere';
  if (!groupLives(row.groupId)) return 'gone';
  if (liveness === 'alive') return 'alive';
  const start = await processStart(row.groupId);
  return start === undefined || start === row.pidStart ? 'alive' : 'gone';
}

async function allGone(rows: readonly ProcessRow[], seconds: number): Promise<void> {
  const giveUp = performance.now() + seconds * 1000;
  while (rows.some((row) => groupLives(row.groupId)) && performance.now() < giveUp) await delay(20);
}

function forget(history: History, row: ProcessRow, signal: string | null): Promise<void> {
  return history.endProcess(row.runId, row.pid, row.pidStart, null, signal);
}

function stillAlive(left: readonly ProcessRow[]): TaplineError {
  const named = left.map(({ plugin, pid }) => `${plugin} (pid ${pid})`).join(', ');
  return new TaplineError('RUN_FAILED', `processes of a dead run could not be ended: ${named}`, {
    hint: 'They may still write data, so nothing was started. Kill them, then run again.',
    data: { pids: left.map(({ pid }) => pid) },
  });
}
