import type { RunEventBody } from './events.js';

type StopEvent = Extract<RunEventBody, { type: 'stop' }>;
export type StopReason = StopEvent['reason'];

/** Why a run or block stops. `second`: kill, wait for nothing. */
export interface StopRequest {
  reason: StopReason;
  signal?: NodeJS.Signals | undefined;
  second: boolean;
}

/**
 * Whether a run, or one block of it, must stop, and how hard:
 *
 *   running --request()--> stopping --request({ second })--> killing
 *
 * A block's control follows that of its run. The first reason is kept.
 */
export class StopControl {
  first: StopRequest | undefined;
  killing = false;
  readonly #listeners = new Set<(request: StopRequest) => void>();

  constructor(parent?: StopControl) {
    parent?.listen((request) => this.request(request));
  }

  get stopping(): boolean {
    return this.first !== undefined;
  }

  request(request: StopRequest): void {
    if (this.stopping && (!request.second || this.killing)) return;
    this.first ??= request;
    this.killing ||= request.second;
    for (const listener of [...this.#listeners]) listener(request);
  }

  /** Calls the listener at once for earlier requests. Returns a function that stops listening. */
  listen(listener: (request: StopRequest) => void): () => void {
    this.#listeners.add(listener);
    if (this.first !== undefined) listener(this.first);
    if (this.killing && this.first?.second === false) listener({ ...this.first, second: true });
    return () => this.#listeners.delete(listener);
  }

  /** Resolves at the first request. */
  stopped(): Promise<void> {
    if (this.stopping) return Promise.resolve();
    return new Promise((resolve) => {
      const off = this.listen(() => {
        off();
        resolve();
      });
    });
  }
}
