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
  /** A private directory of this chain, mode 0700. */
  directory: string;
  /** The pipes of the links; without them, the chain makes its own when it starts. */
  fifos?: Promise<Fifos> | undefined;
  /** Tap, mappers, target. */
  processes: readonly ChainProcessSpec[];
  stateId?: string | undefined;
  strictSinger?: boolean | undefined;
  /** Ends the chain if no byte moves for this long; off if undefined. */
  stallTimeoutSeconds?: number | undefined;
  /** What the tap reads as its stdin; `ignore`, the default, is /dev/null. */
  tapStdin?: 'ignore' | 'inherit' | undefined;
  graces?: Partial<ChainGraces> | undefined;
  /** Minimum time between two saves, in milliseconds; 1000 by default. */
  checkpointInterval?: number | undefined;
  /** The longest line that the target may print; 32 MiB by default. */
  maxStateBytes?: number | undefined;
}

/** In milliseconds. */
export interface ChainGraces {
  /** For the tap after TERM when the chain is stopped, and for a store that is away then; 10 s. */
  tapStop: number;
  /** For the whole chain when it is stopped; 25 s. */
  stop: number;
  /** For the other processes after a target or mapper has failed, before TERM; 2 s. */
  afterFailure: number;
  /** From TERM to KILL after a failure; 5 s. */
  kill: number;
  /** For a pipe that stays open and silent after its process has ended; 2 s. */
  drain: number;
  /** For a state that can't be saved, after all processes have ended; 60 s, as long as a lease lives. */
  save: number;
}

export interface ChainHooks extends ProcessHooks {
  /** Saves a checkpoint. A rejection fails the chain, unless `canRetry` accepts it. Without this hook nothing is saved. */
  save?: ((checkpoint: Checkpoint) => Promise<void>) | undefined;
  /** A receiver of each piece that the process at a position writes to stdout; undefined for none. */
  listen?: ((position: number, process: ChainProcessSpec) => ((chunk: Buffer) => void) | undefined) | undefined;
  /** Whether a failed save may succeed later: the run continues, and the newest checkpoint is tried again each second. */
  canRetry?: ((error: unknown) => boolean) | undefined;
}

export interface ChainOutcome {
  status: 'success' | 'failed' | 'stopped';
  /** Set if the status is `failed`. */
  error: TaplineError | undefined;
  stopReason: StopReason | undefined;
  durationSeconds: number;
  counts: ChainCounts;
  pressure: ChainPressure;
  streams: { stream: string; recordsExtracted: number; recordsLoaded: number }[];
  processes: ProcessOutcome[];
  exitCodes: Record<string, number> | undefined;
  /** If `printed` is newer than `saved`, it belongs in a rescue file. */
  state: { printed: Checkpoint | undefined; saved: Checkpoint | undefined; isSaved: boolean };
}

export interface RunningChain {
  /** Never rejects. */
  readonly done: Promise<ChainOutcome>;
  /** Stops gracefully: the tap gets TERM, its output is loaded and the state saved. */
  stop(reason: StopReason): void;
  /** Sends KILL to all groups; states that the target printed are saved. */
  kill(): void;
}
