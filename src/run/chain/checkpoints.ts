import type { SingerState } from '../../state/port.js';

/** A state that the target printed: everything before it is written. */
export interface Checkpoint {
  state: SingerState;
  /** Number of records that it covers. */
  recordsLoaded: number;
}

export interface CheckpointsOptions {
  /**
   * Saves one checkpoint. After a rejection that `canRetry` accepts, the newest checkpoint is tried again. Any other
   * rejection is final.
   */
  save(checkpoint: Checkpoint): Promise<void>;
  canRetry(error: unknown): boolean;
  /** Called on a final failure; nothing is saved after it. */
  onFailure(error: unknown): void;
  /** Called on the first of several retryable failures in a row. */
  onRetry?: ((error: unknown) => void) | undefined;
  /** Minimum time from the start of one save to the start of the next, in milliseconds. */
  interval?: number | undefined;
  /** How long to retry once nothing more is printed, in milliseconds; forever if undefined. */
  patience?: number | undefined;
}

/**
 * One slot and one writer: the newest checkpoint waits in the slot until the writer is free and a second has
 * passed since the last save. The first is saved at once.
 */
export class Checkpoints {
  printed: Checkpoint | undefined;
  saved: Checkpoint | undefined;
  failure: unknown;

  readonly #options: CheckpointsOptions;
  readonly #interval: number;
  #slot: Checkpoint | undefined;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastStart = Number.NEGATIVE_INFINITY;
  #retrying = false;
  #finishing = false;
  #lastTry = false;
  #wake: (() => void) | undefined;

  constructor(options: CheckpointsOptions) {
    this.#options = options;
    this.#interval = options.interval ?? 1_000;
  }

  print(checkpoint: Checkpoint): void {
    this.printed = checkpoint;
    this.#slot = checkpoint;
    this.#schedule();
  }

  /** Saves the newest checkpoint at once. Resolves when it is saved or can't be. */
  async finish(): Promise<void> {
    this.#finishing = true;
    this.#cancel();
    const giveUp = performance.now() + (this.#options.patience ?? Number.POSITIVE_INFINITY);
    for (;;) {
      await this.#writing;
      if (this.failure !== undefined || this.#slot === undefined) return;
      if (this.#retrying && !this.#lastTry) await this.#pause();
      this.#lastTry ||= performance.now() >= giveUp;
      this.#write();
    }
  }

  /** Makes the next failure final: there is no time left for retries. */
  hurry(): void {
    this.#lastTry = true;
    this.#wake?.();
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#wake?.(), this.#interval);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #schedule(): void {
    if (this.#finishing || this.failure !== undefined || this.#slot === undefined) return;
    if (this.#writing !== undefined || this.#timer !== undefined) return;
    const wait = this.#lastStart + this.#interval - performance.now();
    if (wait <= 0) this.#write();
    else this.#timer = setTimeout(() => this.#write(), wait);
  }

  #write(): void {
    this.#cancel();
    const checkpoint = this.#slot;
    if (checkpoint === undefined || this.#writing !== undefined || this.failure !== undefined) return;
    this.#slot = undefined;
    this.#lastStart = performance.now();
    this.#writing = this.#save(checkpoint).finally(() => {
      this.#writing = undefined;
      this.#schedule();
    });
  }

  async #save(checkpoint: Checkpoint): Promise<void> {
    try {
      await this.#options.save(checkpoint);
      this.saved = checkpoint;
      this.#retrying = false;
    } catch (error) {
      if (!this.#options.canRetry(error) || this.#lastTry) {
        this.failure = error;
        this.#options.onFailure(error);
        return;
      }
      if (!this.#retrying) this.#options.onRetry?.(error);
      this.#retrying = true;
      this.#slot ??= checkpoint;
    }
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
