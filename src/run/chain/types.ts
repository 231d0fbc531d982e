import type { TaplineError } from '../../errors.js';
import type { ChainCounts, ChainPressure, ProcessOutcome } from '../events.js';
import type { ProcessHooks, ProcessSpec } from '../process/child.js';
import type { Fifos } from '../process/fifo.js';
import type { StopReason } from '../stop-control.js';
import type { Checkpoint } from './checkpoints.js';

export interface ChainProcessSpec extends ProcessSpec {
  role: 'tap' | 'mapper' | 'target';
}

export interface ChainSpec {
  name: string;
  /** A directory of this chain alone, mode 0700. */
  directory: string;
  /** For the links between the processes; made when the chain starts where they are not given. */
  fifos?: Promise<Fifos> | undefined;
  /** Tap, mappers, target. */
  processes: readonly ChainProcessSpec[];
  stateId?: string | undefined;
  strictSinger?: boolean | undefined;
  /** Ends a chain in which no byte has moved for so long. Off where undefined. */
  stallTimeoutSeconds?: number | undefined;
  /** What the tap reads as its stdin; `ignore`, the default, is /dev/null. */
  tapStdin?: 'ignore' | 'inherit' | undefined;
  graces?: Partial<ChainGraces> | undefined;
  /** Shortest time between two saves. In milliseconds; 1000 by default. */
  checkpointInterval?: number | undefined;
  /** The longest line that the target may print. In bytes; 32 MiB by default. */
  longestState?: number | undefined;
}

/** In milliseconds. */
export interface ChainGraces {
  /** For the tap after TERM when the chain is stopped, and for a store that is away then; 10 s. */
  tapStop: number;
  /** For the whole chain when it is stopped; 25 s. */
  stop: number;
  /** For the others after a target or mapper has failed, before TERM; 2 s. */
  afterFailure: number;
  /** From TERM to KILL after a failure; 5 s. */
  kill: number;
  /** For a pipe that stays open and silent after its process has ended; 2 s. */
  drain: number;
  /** For a state that can't be saved for now, after all processes have ended; 60 s, as long as a lease lives. */
  save: number;
}

export interface ChainHooks extends ProcessHooks {
  /**
   * Saves a state that the target has printed. Reject with `retryable: true` on the error while the database is
   * away and the lease still holds: the run goes on, the newest state is tried again each second. Any other
   * rejection stops the chain and fails it. Absent: nothing is saved.
   */
  save?: ((checkpoint: Checkpoint) => Promise<void>) | undefined;
}

export interface ChainOutcome {
  status: 'success' | 'failed' | 'stopped';
  /** Set where the status is `failed`. */
  error: TaplineError | undefined;
  stopReason: StopReason | undefined;
  durationSeconds: number;
  counts: ChainCounts;
  pressure: ChainPressure;
  streams: { stream: string; recordsExtracted: number; recordsLoaded: number }[];
  processes: ProcessOutcome[];
  exitCodes: Record<string, number> | undefined;
  /** Where `printed` is newer than `saved`, it belongs into a rescue file. */
  state: { printed: Checkpoint | undefined; saved: Checkpoint | undefined; isSaved: boolean };
}

export interface RunningChain {
  /** Never rejects. */
  readonly done: Promise<ChainOutcome>;
  /** Graceful: the tap gets TERM, what it has written is loaded and its state saved. */
  stop(reason: StopReason): void;
  /** All groups get KILL; what the target has printed is saved. */
  kill(): void;
}
