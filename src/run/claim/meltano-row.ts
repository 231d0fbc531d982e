import { setTimeout as delay } from 'node:timers/promises';
import { TaplineError } from '../../errors.js';
import type { History, MeltanoRun } from '../../history/port.js';

const heartbeatMilliseconds = 1_000;

/**
 * Between the original's check and its insert lie 4 to 6 ms, 20 to 50 on a busy machine, in which it may have missed our row. So
 * long after our insert we look again, where the original is about; elsewhere at once.
 */
const settleMilliseconds = 300;

/**
 * A chain's row in the original's `runs` table: the original refuses to start while it lives, and we refuse while a row of the
 * original's does. It checks, then inserts, without a lock; so we insert first, and look once more before the first process
 * starts, before the first save, and with each heartbeat: it may be told to start beside us (its own `--force`).
 */
export class MeltanoRow {
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> = Promise.resolve();
  private beatAt = performance.now();
  private looked = false;
  private onOther: (error: TaplineError) => void = () => undefined;
  /** Why this run gives way: nothing more may be written. */
  gaveWay: TaplineError | undefined;

  private constructor(
    private readonly history: History,
    private readonly stateId: string,
    private readonly id: number,
    private readonly seen: ReadonlySet<number>,
    private readonly settledAt: number,
  ) {}

  /** Throws LEASE_HELD where a row of another run lives, unless it is to be ignored (`--force`). */
  static async claim(
    history: History,
    stateId: string,
    runId: string,
    trigger: string,
    force: boolean,
  ): Promise<MeltanoRow> {
    const { meltanoRuns } = history;
    await meltanoRuns.sweepStale(stateId);
    const living: MeltanoRun[] = [];
    for (const run of await meltanoRuns.living(stateId)) {
      // We hold the lease, so one of our own run ID is of an earlier try that was killed: schedulers use an ID again.
      if (run.runId === runId)
        await meltanoRuns.finish(run.id, 'FAIL', 'The process was likely killed unceremoniously.');
      else living.push(run);
    }
    const [other] = living;
    if (other !== undefined && !force) throw heldByRow(stateId, other);
    const isAbout = await meltanoRuns.isMeltanoAbout();
    const id = await meltanoRuns.insert(stateId, runId, trigger);
    const settledAt = performance.now() + (isAbout ? settleMilliseconds : 0);
    const row = new MeltanoRow(history, stateId, id, new Set(living.map((run) => run.id)), settledAt);
    row.beatLater();
    return row;
  }

  /** Calls back once, when the original has begun beside this run, or somebody has given this run up. */
  watch(onOther: (error: TaplineError) => void): void {
    this.onOther = onOther;
  }

  /** Before the first process starts. Gives way to a run that began while this one did. Throws LEASE_HELD. */
  async lookAgain(): Promise<void> {
    await delay(Math.max(0, this.settledAt - performance.now()));
    await this.look();
  }

  /** Throws LEASE_HELD or LEASE_LOST where this run has to give way. */
  async lookBeforeSave(): Promise<void> {
    if (!this.looked) await this.look();
    // After a long sleep of this process, all may have changed before the first heartbeat tells.
    else if (performance.now() - this.beatAt > 3 * heartbeatMilliseconds) await this.beat();
    if (this.gaveWay !== undefined) throw this.gaveWay;
    this.looked = true;
  }

  checkpoint(state: Record<string, unknown>, mode: 'completed' | 'partial'): Promise<void> {
    return this.history.meltanoRuns.checkpoint(this.id, state, mode);
  }

  /** `error` as the original words it; undefined for success. */
  async finish(error: string | undefined): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.beating;
    clearTimeout(this.timer);
    await this.history.meltanoRuns.finish(this.id, error === undefined ? 'SUCCESS' : 'FAIL', error);
  }

  private async look(): Promise<void> {
    const living = await this.history.meltanoRuns.living(this.stateId, this.id);
    const other = living.find(({ id }) => !this.seen.has(id));
    if (other !== undefined) throw this.giveWay(heldByRow(this.stateId, other));
  }

  private beatLater(): void {
    this.timer = setTimeout(() => {
      this.beating = this.beat().then(() => {
        if (this.timer !== undefined) this.beatLater();
      });
    }, heartbeatMilliseconds);
  }

  /** One that fails is no failure: the lease's own renewal says when the database stays away. */
  private async beat(): Promise<void> {
    const { meltanoRuns } = this.history;
    try {
      if (!(await meltanoRuns.heartbeat(this.id))) this.giveWay(givenUp(this.stateId));
      const [other] = await meltanoRuns.meltanoAfter(this.stateId, this.id);
      if (other !== undefined) this.giveWay(heldByRow(this.stateId, other));
      this.beatAt = performance.now();
    } catch {}
  }

  private giveWay(error: TaplineError): TaplineError {
    if (this.gaveWay === undefined) {
      this.gaveWay = error;
      this.onOther(error);
    }
    return this.gaveWay;
  }
}

function heldByRow(stateId: string, run: MeltanoRun): TaplineError {
  const since =
    run.startedAt === undefined ? '' : ` since ${run.startedAt.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const beat =
    run.lastHeartbeatAt === undefined ? '' : `, last heartbeat ${run.lastHeartbeatAt.toISOString().slice(11, 19)}`;
  return new TaplineError(
    'LEASE_HELD',
    `${stateId} is in use: run ${run.runId} (${run.trigger ?? 'unknown trigger'}) is running${since}${beat}.`,
    {
      hint: 'Wait for it with `--if-running wait`. A run that was killed is given up five minutes after its last heartbeat; `--force` ignores it.',
      data: { stateId, runId: run.runId, startedAt: run.startedAt?.toISOString() },
    },
  );
}

/** Whoever ended the row takes this run for dead, and may have run since. */
function givenUp(stateId: string): TaplineError {
  return new TaplineError(
    'LEASE_LOST',
    `The run of ${stateId} was given up by another program while it had no heartbeat: nothing more may be written.`,
    {
      hint: 'It must have stood still for minutes. What it has saved so far stands; the next run goes on from there.',
      data: { stateId, takenOver: true },
    },
  );
}
