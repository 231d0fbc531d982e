/**
 * The port that every state backend implements. All of it is asynchronous; times are UTC dates;
 * `validUntil` is this process's own monotonic clock, so that a jump of the wall clock changes nothing.
 */

/** A Singer state: whatever JSON object the target printed. */
export type SingerState = Record<string, unknown>;

/** As the original stores it: the Singer state wrapped in `singer_state`, or `{}` without one. */
export interface WrappedState {
  singer_state?: SingerState | undefined;
}

export interface StoredState {
  stateId: string;
  completed: WrappedState;
  partial: WrappedState;
  /**
   * Counts up by one with each write by Tapline; 0 for a state that only the original wrote. What the original wrote
   * since our last write becomes a version of its own when we replace it, so that it can be returned to.
   */
  version: number;
  updatedAt: Date | undefined;
}

export interface StateListing {
  stateId: string;
  /** `valid` holds a Singer state, `empty` holds none, `invalid` can't be read. */
  status: 'valid' | 'empty' | 'invalid';
  updatedAt: Date | undefined;
}

/** completed: replaces the whole state and empties the partial one. partial: merges into the partial one. */
export interface StateWrite {
  mode: 'completed' | 'partial';
  state: WrappedState;
  runId?: string | undefined;
  /** A person's write (`state set`, `merge` ...): the version that it makes has the mode `edit`. */
  edit?: boolean | undefined;
}

export interface SavedState {
  version: number;
  savedAt: Date;
}

/** Enough to tell whether the owner lives: compared on the same host only. */
export interface LeaseOwner {
  runId: string;
  host: string;
  pid: number;
  /** The process's start time as the kernel gives it (clock ticks since boot), a pid alone is reused. */
  pidStart: string;
  /** Boot ID and PID namespace of the host: the pid means something only where both are equal. */
  bootId: string;
  pidNamespace: string;
  user: string;
  command: string;
}

export interface LeaseHolder {
  name: string;
  token: number;
  owner: LeaseOwner;
  acquiredAt: Date;
  heartbeatAt: Date;
  expiresAt: Date;
  /** The ID of the project that it is held for, if that has one. */
  projectId?: string | undefined;
}

/** The right to run (and to write) one state ID, or one concurrency slot. Every method throws LEASE_LOST once another run holds it. */
export interface Lease {
  readonly name: string;
  /** The fencing token: greater than every token given out for this name before. */
  readonly token: number;
  /** `performance.now()` milliseconds after which the holder must not write. Moves with each renewal. */
  validUntil(): number;
  renew(): Promise<void>;
  /** Does nothing if the lease is lost already. */
  release(): Promise<void>;
}

export interface AcquireOptions {
  owner: LeaseOwner;
  /** Takes the lease over from a living holder, whose next write is then refused. */
  force?: boolean | undefined;
  /** Life in seconds, 60 by default. */
  lifeSeconds?: number | undefined;
  /**
   * The project of the run. If another project had the last lease of this name, the lease is refused with STATE_OF_OTHER_PROJECT,
   * unless `force` makes it this project's. Nothing is compared if one of the two has no ID.
   */
  projectId?: string | undefined;
}

export interface AcquiredLease<L extends Lease = Lease> {
  kind: 'acquired';
  lease: L;
  /**
   * The holder from whom it was taken: dead, expired, or forced off. The process groups that a dead holder left behind must be gone
   * before the state is read.
   */
  tookFrom?: (LeaseHolder & { reason: 'dead' | 'expired' | 'forced' }) | undefined;
}

/** A living owner holds the lease. */
export interface HeldLease {
  kind: 'held';
  holder: LeaseHolder;
  /** The time of the refusal, by the clock that judged the lease. */
  now: Date;
}

export interface LeaseStore<L extends Lease = Lease> {
  /** Throws STATE_OF_OTHER_PROJECT if another project holds it or held it last. */
  acquire(name: string, options: AcquireOptions): Promise<AcquiredLease<L> | HeldLease>;
  list(): Promise<LeaseHolder[]>;
  /** Releases the lease of its holder, whose next write is then refused. Throws LEASE_UNKNOWN if it is not held. */
  releaseHeld(name: string): Promise<LeaseHolder>;
}

/** A lease on a state ID. `save` checks the token in the same transaction (or conditional write) that writes the state and its version. */
export interface StateLease extends Lease {
  save(write: StateWrite): Promise<SavedState>;
}

export interface StateVersion {
  stateId: string;
  version: number;
  savedAt: Date;
  runId: string | undefined;
  mode: 'completed' | 'partial' | 'edit' | 'clear';
  completed: WrappedState;
  partial: WrappedState;
}

export interface StateBackend {
  readonly kind: string;
  /** For messages; without secrets. */
  readonly location: string;
  /** The state IDs are lease names. */
  readonly leases: LeaseStore<StateLease>;
  read(stateId: string): Promise<StoredState | undefined>;
  /** `pattern`: `*` stands for any text, as in the original's `state list --pattern`. Sorted by ID. */
  list(pattern?: string): Promise<StateListing[]>;
  /** Removes state and partial state, and keeps a version `clear`. True if there was a state. */
  clear(lease: StateLease): Promise<boolean>;
  /** Newest first. */
  versions(stateId: string, limit?: number): Promise<StateVersion[]>;
  close(): Promise<void>;
}
