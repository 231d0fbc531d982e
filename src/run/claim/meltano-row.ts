import { setTimeout as delay } from 'node:timers/promises';
import { TaplineError } from '../../errors.js';
import type { History, MeltanoRun } from '../../history/port.js';

const heartbeatMilliseconds = 1_000;

/**
 * The original may miss our row between its check and its insert: 4 to 6 ms, 20 to 50 on a busy machine. Where the original is in
 * use, we wait this long after our insert and check again; elsewhere we check at once.
 */
const settleMilliseconds = 300;

interface OwnRow {
  id: number;
  /** The living rows that `--force` ignores. */
  seen: ReadonlySet<number>;
  /** When the original can no longer have missed our row. */
  settledAt: number;
}

/**
 * A chain's row in the original's `runs` table. The original refuses to start while this row is alive, and we refuse while a row of
 * the original is. It checks, then inserts, without a lock; so we insert first and check again before the first process starts,
 * before the first save, and with each heartbeat, since its own `--force` may start it beside us.
 */
export class MeltanoRow {
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> = Promise.resolve();
  private beatAt = performance.now();
  private isChecked = false;
  private onOther: (error: TaplineError) => void = () => undefined;
  /** Why this run yielded to another: nothing more may be written. */
  yielded: TaplineError | undefined;

  private constructor(
    private readonly history: History,
    private readonly stateId: string,
    private readonly row: OwnRow,
  ) {}

  /** Throws LEASE_HELD if a row of another run is alive, unless `--force` ignores it. */
  static async claim(
    history: History,
    stateId: string,
    { runId, trigger, force }: { runId: string; trigger: string; force: boolean },
  ): Promise<MeltanoRow> {
    const { meltanoRuns } = history;
    await meltanoRuns.sweepStale(stateId);
    const living: MeltanoRun[] = [];
    for (const run of await meltanoRuns.living(stateId)) {
      // We hold the lease, so a row with our run ID belongs to an earlier try that was killed: schedulers reuse IDs.
      if (run.runId === runId)
        await meltanoRuns.finish(run.id, 'FAIL', 'The process was likely killed unceremoniously.');
      else living.push(run);
    }
    const [other] = living;
    if (other !== undefined && !force) throw heldByRow(stateId, other);
    const isAbout = await meltanoRuns.isMeltanoAbout();
    const id = await meltanoRuns.insert(stateId, runId, trigger);
    const settledAt = performance.now() + (isAbout ? settleMilliseconds : 0);
    const row = new MeltanoRow(history, stateId, { id, seen: new Set(living.map((run) => run.id)), settledAt });
    row.beatLater();
    return row;
  }

  /** Calls back once, when the original has started beside this run, or another program has ended this row. */
  watch(onOther: (error: TaplineError) => void): void {
    this.onOther = onOther;
  }

  /** Checks before the first process starts, and yields to a run that started meanwhile. Throws LEASE_HELD. */
  async checkBeforeStart(): Promise<void> {
    await delay(Math.max(0, this.row.settledAt - performance.now()));
    await this.check();
  }

  /** Throws LEASE_HELD or LEASE_LOST if this run must yield. */
  async checkBeforeSave(): Promise<void> {
    if (!this.isChecked) await this.check();
    // After a long sleep of this process, the row may have been ended before the next heartbeat tells us.
    else if (performance.now() - this.beatAt > 3 * heartbeatMilliseconds) await this.beat();
    if (this.yielded !== undefined) throw this.yielded;
    this.isChecked = true;
  }

  checkpoint(state: Record<string, unknown>, mode: 'completed' | 'partial'): Promise<void> {
    return this.history.meltanoRuns.checkpoint(this.row.id, state, mode);
  }

  /** Ends the row. `error` in the original's words; undefined for success. */
  async finish(error: string | undefined): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.beating;
    clearTimeout(this.timer);
    await this.history.meltanoRuns.finish(this.row.id, error === undefined ? 'SUCCESS' : 'FAIL', error);
  }

  private async check(): Promise<void> {
    const living = await this.history.meltanoRuns.living(this.stateId, this.row.id);
    const other = living.find(({ id }) => !this.row.seen.has(id));
    if (other !== undefined) throw this.yieldTo(heldByRow(this.stateId, other));
  }

  private beatLater(): void {
    this.timer = setTimeout(() => {
      this.beating = this.beat().then(() => {
        if (this.timer !== undefined) this.beatLater();
      });
    }, heartbeatMilliseconds);
  }

  /** A heartbeat that fails is ignored: the renewal of the lease tells when the database stays unreachable. */
  private async beat(): Promise<void> {
    const { meltanoRuns } = this.history;
    try {
      if (!(await meltanoRuns.heartbeat(this.row.id))) this.yieldTo(presumedDead(this.stateId));
      const [other] = await meltanoRuns.meltanoAfter(this.stateId, this.row.id);
      if (other !== undefined) this.yieldTo(heldByRow(this.stateId, other));
      this.beatAt = performance.now();
    } catch {}
  }

  private yieldTo(error: TaplineError): TaplineError {
    if (this.yielded === undefined) {
      this.yielded = error;
      this.onOther(error);
    }
    return this.yielded;
  }
}

function heldByRow(stateId: string, run: MeltanoRun): TaplineError {
  const since =
    run.startedAt === undefined ? '' : ` since ${run.startedAt.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const beat =
    run.lastHeartbeatAt === undefined ? '' : `, last heartbeat ${run.lastHeartbeatAt.toISOString().slice(11, 19)}`;
  return new TaplineError(
    'LEASE_HELD',
    `state '${stateId}' is in use: run ${run.runId} (${run.trigger ?? 'unknown trigger'}) is running${since}${beat}`,
    {
      hint: 'Wait for it with `--if-running wait`. A killed run counts as dead five minutes after its last heartbeat; `--force` ignores it.',
      data: { stateId, runId: run.runId, startedAt: run.startedAt?.toISOString() },
    },
  );
}

/** The program that ended the row took this run for dead and may have run since. */
function presumedDead(stateId: string): TaplineError {
  return new TaplineError(
    'LEASE_LOST',
    `run of '${stateId}' was marked dead by another program while it had no heartbeat`,
    {
      hint: 'It must have been suspended for minutes, and may not write any more. What it had saved is kept; the next run continues from there.',
      data: { stateId, takenOver: true },
    },
  );
}
