/** The timers of one chain, cleared together so that none outlives it. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>();

  /** Returns a function that cancels it. */
  after(milliseconds: number, act: () => void): () => void {
    const timer = setTimeout(() => {
      this.#running.delete(timer);
      act();
    }, milliseconds);
    this.#running.add(timer);
    return () => this.#clear(timer);
  }

  every(milliseconds: number, act: () => void): void {
    this.#running.add(setInterval(act, milliseconds));
  }

  clear(): void {
    for (const timer of this.#running) this.#clear(timer);
  }

  #clear(timer: NodeJS.Timeout): void {
    clearTimeout(timer);
    this.#running.delete(timer);
  }
}
