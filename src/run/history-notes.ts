import type { History, ProcessRow } from '../history/port.js';
import type { LeaseOwner } from '../state/port.js';
import type { Emit } from './emit.js';
import type { Exit, StartedProcess } from './process/child.js';

/** Nothing is tried for so long after a failure. */
const pauseMilliseconds = 10_000;

/** Writes to the history what is good to know but not needed: a failure is a warning, once a run. In order, one at a time. */
export class HistoryNotes {
  private warned = false;
  private failedAt = Number.NEGATIVE_INFINITY;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly open: () => Promise<History>,
    private readonly emit: Emit,
  ) {}

  note(write: (history: History) => Promise<void>): Promise<void> {
    this.last = this.last.then(() => this.tryTo(write));
    return this.last;
  }

  /** Resolves when everything noted so far is written. */
  written(): Promise<void> {
    return this.last;
  }

  /** Remembers the processes of one block, so that a later run can end what this one leaves behind. */
  processes(blockId: string, owner: LeaseOwner): ProcessNotes {
    const { runId, host, bootId, pidNamespace, pid, pidStart } = owner;
    const place = { runId, blockId, host, bootId, pidNamespace, runner: { pid, pidStart } };
    return {
      processStarted: (process) => {
        const row: ProcessRow = { ...place, ...process, startedAt: new Date() };
        void this.note((history) => history.startProcess(row));
      },
      processExited: ({ pid, pidStart }, { code, signal }) => {
        void this.note((history) => history.endProcess(runId, pid, pidStart, code, signal));
      },
    };
  }

  private async tryTo(write: (history: History) => Promise<void>): Promise<void> {
    // Each try may wait for the database as long as its settings say: a queue of them would hold up the run's end.
    if (performance.now() - this.failedAt < pauseMilliseconds) return;
    try {
      await write(await this.open());
    } catch (error) {
      this.failedAt = performance.now();
      this.warn(error);
    }
  }

  private warn(error: unknown): void {
    if (this.warned) return;
    this.warned = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.emit({
      type: 'warning',
      code: 'HISTORY_NOT_WRITTEN',
      message: `The history of this run is not complete: ${reason}`,
      hint: 'Data and state are not affected.',
    });
  }
}

/** Told of each process that starts and ends. */
export interface ProcessNotes {
  processStarted(process: StartedProcess): void;
  processExited(process: StartedProcess, exit: Exit): void;
}
