import { setTimeout as delay } from 'node:timers/promises';
import { TaplineError } from '../../errors.js';
import type { History, ProcessRow } from '../../history/port.js';
import { livenessOf, processStart } from '../../state/owner.js';
import { groupLives, signalGroup } from '../process/process-group.js';

const termSeconds = 2;
const killSeconds = 10;

/**
 * What dead runs may have left of a chain: that of the run from which the lease was taken, and that of any other which was
 * killed. A lease that was released by hand, or a reclaim that itself was cut off, would else hide one that still writes.
 */
export async function leftOf(history: History, stateId: string, deadRun: string | undefined): Promise<ProcessRow[]> {
  const rows = await history.orphans(stateId);
  if (deadRun !== undefined) rows.push(...(await history.openProcesses(deadRun)));
  const distinct = new Map(rows.map((row) => [`${row.runId} ${row.pid} ${row.pidStart}`, row]));
  const left: ProcessRow[] = [];
  for (const row of distinct.values()) if (!(await hasLivingRunner(row))) left.push(row);
  return left;
}

/** A run ID may be used again, by us or by another that lives: then the dead run's processes stand beside theirs. */
async function hasLivingRunner({ runner, bootId, pidNamespace }: ProcessRow): Promise<boolean> {
  return runner !== undefined && (await livenessOf({ ...runner, bootId, pidNamespace })) === 'alive';
}

/**
 * Ends what is left of dead runs' processes and waits until all are gone, so that none still writes when the state is read.
 * Its leader's start time, the boot and the PID namespace tell a process from a later one with its number.
 * Returns how many there were. Throws RUN_FAILED where one can't be ended.
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
  const left = alive.filter((row) => groupLives(row.groupId));
  if (left.length > 0) throw cannotEnd(left);
  for (const row of alive) await forget(history, row, 'SIGTERM');
  return alive.length;
}

/**
 * Whether this group is still there and the dead run's. A leader that is gone says nothing: while members of its group live,
 * the kernel gives its number to no other process. `elsewhere`: another host, container or boot.
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

function cannotEnd(left: readonly ProcessRow[]): TaplineError {
  const named = left.map(({ plugin, pid }) => `${plugin} (pid ${pid})`).join(', ');
  return new TaplineError('RUN_FAILED', `Processes of a dead run can't be ended: ${named}.`, {
    hint: 'They may still write data, so nothing was started. End them, then run again.',
    data: { pids: left.map(({ pid }) => pid) },
  });
}
