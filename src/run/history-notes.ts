import { isStoreAway } from '../errors.js';
import type { History, ProcessRow } from '../history/port.js';
import type { LeaseOwner } from '../state/port.js';
import type { Emit } from './emit.js';
import type { Exit, StartedProcess } from './process/child.js';

/** After a failed write, nothing is written for this long. */
const pauseMilliseconds = 10_000;

/** While the database is unreachable, this many of the newest notes are kept. */
const maxWaiting = 200;

type Write = (history: History) => Promise<void>;

/**
 * Writes the part of the history that a run does not depend on: in order, one write at a time. A write that fails because the
 * database is unreachable waits and is tried again. Losing one gives a warning, once per run.
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

  /** Resolves when the note is written or must wait. */
  note(write: Write): Promise<void> {
    if (this.isAway() && this.waiting.length >= maxWaiting) {
      this.waiting.shift();
      this.warn(this.failure);
    }
    return this.add(write, () => !this.isAway());
  }

  /** Adds the last note. It and all waiting notes are tried now, and lost where that fails. */
  async end(write: Write): Promise<void> {
    await this.add(write, () => true);
    const lost = this.waiting.splice(0).length > 0;
    if (lost) this.warn(this.failure);
  }

  /** Records the processes of one block, so that a later run can end those that this one leaves behind. */
  processes(blockId: string, owner: LeaseOwner): ProcessNotes {
    const { runId, host, bootId, pidNamespace, pid, pidStart } = owner;
    const common = { runId, blockId, host, bootId, pidNamespace, runner: { pid, pidStart } };
    return {
      processStarted: (process) => {
        const row: ProcessRow = { ...common, ...process, startedAt: new Date() };
        void this.note((history) => history.startProcess(row));
      },
      processExited: ({ pid, pidStart }, { code, signal }) => {
        void this.note((history) => history.endProcess(runId, pid, pidStart, code, signal));
      },
    };
  }

  private add(write: Write, mayWrite: () => boolean): Promise<void> {
    this.waiting.push(write);
    this.last = this.last.then(async () => {
      // Each try may wait for the database as long as its settings allow, so a queue of tries would delay the end of the run.
      if (mayWrite()) await this.writeWaiting();
    });
    return this.last;
  }

  private isAway(): boolean {
    return performance.now() - this.failedAt < pauseMilliseconds;
  }

  /** Writes the waiting notes in order, up to the first that must wait. */
  private async writeWaiting(): Promise<void> {
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      try {
        await next(await this.open());
      } catch (error) {
        this.failure = error;
        if (isStoreAway(error)) {
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
      message: `the history of this run is incomplete: ${reason}`,
      hint: 'Data and state are not affected.',
    });
  }
}

/** Called when a process starts and when it exits. */
export interface ProcessNotes {
  processStarted(process: StartedProcess): void;
  processExited(process: StartedProcess, exit: Exit): void;
}
