import type { History, ProcessRow } from '../history/port.js';
import type { LeaseOwner } from '../state/port.js';
import type { Emit } from './emit.js';
import type { Exit, StartedProcess } from './process/child.js';
import { mayPass } from './save-checkpoint.js';

/** Nothing is tried for so long after a failure. */
const pauseMilliseconds = 10_000;

/** While the database is away, the newest notes are kept. */
const mostWaiting = 200;

type Write = (history: History) => Promise<void>;

/**
 * Writes to the history what is good to know but not needed, in order, one at a time. What can't be written for now waits; what is
 * lost is a warning, once a run.
 */
export class HistoryNotes {
  private warned = false;
  private failedAt = Number.NEGATIVE_INFINITY;
  private readonly waiting: Write[] = [];
  private last: Promise<void> = Promise.resolve();
  private failure: unknown;

  constructor(
    private readonly open: () => Promise<History>,
    private readonly emit: Emit,
  ) {}

  /** Resolves when it is written, or has to wait. */
  note(write: Write): Promise<void> {
    if (this.isAway() && this.waiting.length >= mostWaiting) {
      this.waiting.shift();
      this.warn(this.failure);
    }
    return this.add(write, () => !this.isAway());
  }

  /** The last one: it and all that waits is tried now, and lost where that fails. */
  async end(write: Write): Promise<void> {
    await this.add(write, () => true);
    const lost = this.waiting.splice(0).length > 0;
    if (lost) this.warn(this.failure);
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

  private add(write: Write, isTime: () => boolean): Promise<void> {
    this.waiting.push(write);
    this.last = this.last.then(async () => {
      // Each try may wait for the database as long as its settings say: a queue of them would hold up the run's end.
      if (isTime()) await this.writeWaiting();
    });
    return this.last;
  }

  private isAway(): boolean {
    return performance.now() - this.failedAt < pauseMilliseconds;
  }

  /** Up to the first that has to wait. */
  private async writeWaiting(): Promise<void> {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      try {
        await next(await this.open());
      } catch (error) {
        this.failure = error;
        if (mayPass(error)) {
          this.failedAt = performance.now();
          return;
        }
        this.warn(error);
      }
      if (this.waiting[0] === next) this.waiting.shift();
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
