import type { History, ProcessRow } from '../history/port.js';
import type { LeaseOwner } from '../state/port.js';
import type { Emit } from './emit.js';
import type { Exit, StartedProcess } from './process/child.js';

/** Writes to the history what is good to know but not needed: a failure is a warning, once a run. In order, one at a time. */
export class HistoryNotes {
  private warned = false;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly open: () => Promise<History>,
    private readonly emit: Emit,
  ) {}

  note(write: (history: History) => Promise<void>): Promise<void> {
    this.last = this.last.then(async () => write(await this.open())).catch((error: unknown) => this.warn(error));
    return this.last;
  }

  /** Resolves when everything noted so far is written. */
  written(): Promise<void> {
    return this.last;
  }

  /** Remembers the processes of one block, so that a later run can end what this one leaves behind. */
  processes(blockId: string, owner: LeaseOwner): ProcessNotes {
    const { runId, host, bootId, pidNamespace } = owner;
    return {
      processStarted: (process) => {
        const row: ProcessRow = { runId, blockId, ...process, host, bootId, pidNamespace, startedAt: new Date() };
        void this.note((history) => history.startProcess(row));
      },
      processExited: ({ pid, pidStart }, { code, signal }) => {
        void this.note((history) => history.endProcess(runId, pid, pidStart, code, signal));
      },
    };
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
