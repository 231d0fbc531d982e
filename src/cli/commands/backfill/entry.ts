/** Windows of backfills in the JSON that we print: see schemas/output-backfill-*.schema.json. */
import type { WindowRow } from '../../../history/port.js';
import { parseExactJson } from '../../../singer/exact-json.js';

/** All windows of one chain and its streams. */
export interface Backfill {
  stateId: string;
  stream: string;
  windows: WindowRow[];
}

/** Of rows that stand by chain and streams. */
export function backfillsOf(rows: readonly WindowRow[]): Backfill[] {
  const backfills: Backfill[] = [];
  for (const row of rows) {
    const last = backfills.at(-1);
    if (last?.stateId === row.stateId && last.stream === row.stream) last.windows.push(row);
    else backfills.push({ stateId: row.stateId, stream: row.stream, windows: [row] });
  }
  return backfills;
}

/** Shorter for people: midnight in UTC is a day. */
export function shortTimes(text: string): string {
  return text.replaceAll('T00:00:00Z', '');
}

export interface BackfillCounts {
  windows: number;
  done: number;
  failed: number;
  running: number;
  /** Not done, whatever has become of them. */
  left: number;
  recordsLoaded: number;
  /** Of all that have a range of time. */
  from: string | undefined;
  to: string | undefined;
  updatedAt: Date;
}

export function countsOf({ windows }: Backfill): BackfillCounts {
  const count = (status: WindowRow['status']) => windows.filter((window) => window.status === status).length;
  const done = count('success');
  const starts = windows.flatMap(({ from }) => from ?? []).sort();
  const isOpen = windows.some(({ from, to }) => from !== undefined && to === undefined);
  const ends = windows.flatMap(({ to }) => to ?? []).sort();
  return {
    windows: windows.length,
    done,
    failed: count('failed'),
    running: count('running'),
    left: windows.length - done,
    recordsLoaded: windows.reduce((sum, { recordsLoaded = 0 }) => sum + recordsLoaded, 0),
    from: starts[0],
    to: isOpen ? undefined : ends.at(-1),
    updatedAt: new Date(Math.max(...windows.map(({ updatedAt }) => updatedAt.getTime()))),
  };
}

export function backfillEntry(backfill: Backfill): Record<string, unknown> {
  const { windows, done, failed, running, left, recordsLoaded, from, to, updatedAt } = countsOf(backfill);
  return {
    state_id: backfill.stateId,
    stream: backfill.stream,
    from: from ?? null,
    to: to ?? null,
    windows,
    done,
    failed,
    running,
    left,
    records_loaded: recordsLoaded,
    updated_at: updatedAt.toISOString(),
  };
}

export function windowEntry(window: WindowRow): Record<string, unknown> {
  return {
    stream: window.stream,
    partition: window.key,
    from: window.from ?? null,
    to: window.to ?? null,
    status: window.status,
    value: window.value === undefined ? null : parseExactJson(window.value),
    updated_at: window.updatedAt.toISOString(),
    version: window.version,
    state_id: window.windowStateId,
    run_id: window.runId ?? null,
    attempt: window.attempt,
    records_loaded: window.recordsLoaded ?? null,
    started_at: window.startedAt?.toISOString() ?? null,
    ended_at: window.endedAt?.toISOString() ?? null,
    error: window.error ?? null,
  };
}
