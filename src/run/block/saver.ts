import { hasCode, type TaplineError } from '../../errors.js';
import type { BlockOptions, ChainBlock } from '../../plan/types.js';
import type { SingerState } from '../../state/port.js';
import type { Checkpoint } from '../chain/checkpoints.js';
import type { Claim } from '../claim/claim.js';
import { canRetryUnder } from '../claim/lease.js';
import { chainOptions } from '../run-context.js';
import { withUnreached } from '../tap/selected-streams.js';
import type { TapState } from '../tap/tap-state.js';
import type { BlockRun } from './block-run.js';

/** Saves what the target prints: first the state under the lease, then a copy in the row that the original reads. */
export class CheckpointSaver {
  readonly stateId: string;
  readonly mode: 'completed' | 'partial';
  /** The version of the last saved state. */
  version: number | undefined;
  lastError: unknown;
  /** Another run holds the lease now, so our state must not be restored later. */
  takenOver = false;
  private readonly before: SingerState | undefined;
  private readonly options: BlockOptions;

  constructor(
    private readonly run: BlockRun<ChainBlock>,
    private readonly claimed: NonNullable<Claim['state']>,
    tapState: TapState | undefined,
  ) {
    this.stateId = claimed.id;
    this.options = chainOptions(run.context, run.block);
    this.before = tapState?.before;
    this.mode = tapState?.isReplaced ? 'completed' : saveMode(this.options, this.before !== undefined);
  }

  /** Why this run yielded to another. */
  get yielded(): TaplineError | undefined {
    return this.claimed.row.yielded;
  }

  /** Adds the bookmarks of the streams that the run leaves out, unless `--state-strategy` says otherwise. */
  whole(printed: Checkpoint): Checkpoint {
    const { before, options } = this;
    const isAuto = (options.stateStrategy ?? 'auto') === 'auto';
    return before !== undefined && isAuto ? { ...printed, state: withUnreached(before, printed.state) } : printed;
  }

  readonly canRetry = (error: unknown): boolean => canRetryUnder(this.claimed.lease, error);

  readonly save = async (printed: Checkpoint): Promise<void> => {
    const { context, emit } = this.run;
    const { lease, row } = this.claimed;
    const { state, recordsLoaded } = this.whole(printed);
    try {
      const write = { mode: this.mode, state: { singer_state: state }, runId: context.options.runId };
      await row.checkBeforeSave();
      const { version } = await lease.save(write);
      this.version = version;
      emit({ type: 'checkpoint', stateId: this.stateId, stateVersion: version, recordsLoaded, saved: this.mode });
    } catch (error) {
      this.lastError = error;
      this.takenOver ||=
        hasCode(error, 'LEASE_HELD') || (hasCode(error, 'LEASE_LOST') && error.data?.takenOver === true);
      throw error;
    }
    await context.notes.note(() => row.checkpoint(state, this.mode));
  };
}

/**
 * Whether a checkpoint replaces the state or is merged into the partial one, as in the original: a full refresh may stop half-way,
 * and then the streams that it has not reached keep their bookmarks. `isWhole`: the checkpoint already has the bookmarks of those
 * streams, so it can replace the state.
 */
function saveMode({ fullRefresh, stateStrategy = 'auto' }: BlockOptions, isWhole: boolean): 'completed' | 'partial' {
  if (stateStrategy === 'merge') return 'partial';
  return fullRefresh && stateStrategy === 'auto' && !isWhole ? 'partial' : 'completed';
}
