/** Keys of records that were seen, exact up to a limit a stream and four times that over all streams. */
export class KeyMemory {
  readonly maxKeys: number;
  #left: number;

  constructor(maxKeys: number) {
    this.maxKeys = maxKeys;
    this.#left = 4 * maxKeys;
  }

  take(): boolean {
    this.#left -= 1;
    return this.#left >= 0;
  }

  give(keys: number): void {
    this.#left += keys;
  }
}

export class SeenKeys {
  #keys: Set<string | number> | undefined = new Set();
  readonly #memory: KeyMemory;
  /** Keys that were compared before the limit was reached. */
  compared = 0;

  constructor(memory: KeyMemory) {
    this.#memory = memory;
  }

  get hasStopped(): boolean {
    return this.#keys === undefined;
  }

  /** Whether the key was seen before. Past the limit never. */
  has(key: string | number): boolean {
    if (this.#keys === undefined) return false;
    if (this.#keys.has(key)) return true;
    if (this.#keys.size >= this.#memory.maxKeys || !this.#memory.take()) {
      this.#memory.give(this.#keys.size);
      this.#keys = undefined;
      return false;
    }
    this.#keys.add(key);
    this.compared = this.#keys.size;
    return false;
  }

  /** After a table is replaced (ACTIVATE_VERSION), the same keys come again. */
  forget(): void {
    if (this.#keys === undefined) return;
    this.#memory.give(this.#keys.size);
    this.#keys.clear();
  }
}
