import { TaplineError } from '../errors.js';
import type { History, MeltanoRun } from '../history/port.js';

const heartbeatMilliseconds = 1_000;

/**
 * A chain's row in the original's `runs` table: the original refuses to start while it lives, and we refuse while a row of the
 * original's does. Both look, then insert; so we look once more before the first process and before the first save.
 */
export class MeltanoRow {
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> = Promise.resolve();
  private looked = false;

  private constructor(
    private readonly history: History,
    private readonly stateId: string,
    private readonly id: number,
    private readonly seen: ReadonlySet<number>,
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
    const id = await meltanoRuns.insert(stateId, runId, trigger);
    const row = new MeltanoRow(history, stateId, id, new Set(living.map((run) => run.id)));
    row.beat();
    return row;
  }

  /** Gives way to a run that began while this one did. Throws LEASE_HELD. */
  async lookAgain(): Promise<void> {
    const living = await this.history.meltanoRuns.living(this.stateId, this.id);
    const other = living.find(({ id }) => !this.seen.has(id));
    if (other !== undefined) throw heldByRow(this.stateId, other);
  }

  /** The same, at the first call only. */
  async lookBeforeFirstSave(): Promise<void> {
    if (this.looked) return;
    await this.lookAgain();
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

  /** A beat that fails is no failure: the lease's own renewal says when the database stays away. */
  private beat(): void {
    this.timer = setTimeout(() => {
      this.beating = this.history.meltanoRuns
        .heartbeat(this.id)
        .catch(() => undefined)
        .then(() => {
          if (this.timer !== undefined) this.beat();
        });
    }, heartbeatMilliseconds);
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
