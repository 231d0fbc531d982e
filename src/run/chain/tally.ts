import type { ChainCounts, ChainPressure } from '../events.js';
import type { Link } from '../process/link.js';
import { LoadedRecords } from './loaded-records.js';
import type { ChainOutcome } from './types.js';

/** Counts what passes through a chain and how long it waits. Extracted is counted at the first link, loaded at the last. */
export class Tally {
  links: readonly Link[] = [];
  readonly #loaded = new LoadedRecords();
  #batchFiles = 0;
  readonly #startedAt = performance.now();

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  get recordsLoaded(): number {
    return this.#loaded.records;
  }

  /** Called when the tap hands files over instead of records. */
  passBatch(files: number): void {
    this.#batchFiles += files;
  }

  /** Called when a STATE goes to the target. */
  passState(state: unknown): void {
    const last = this.links.at(-1)?.scanner;
    if (last !== undefined) this.#loaded.pass(state, last.totals.records, last.streams);
  }

  /** Called when the target prints a state. */
  printState(state: unknown): void {
    this.#loaded.print(state);
  }

  /** Called when the target has ended well. */
  creditAll(): void {
    const last = this.links.at(-1)?.scanner;
    if (last !== undefined) this.#loaded.all(last.totals.records, last.streams.values());
  }

  counts(): ChainCounts {
    const first = this.links[0];
    return {
      recordsExtracted: first?.scanner.totals.records ?? 0,
      recordsLoaded: this.#loaded.records,
      bytesExtracted: first?.bytesRead ?? 0,
      states: this.links.at(-1)?.scanner.totals.states ?? 0,
      ...(this.#batchFiles === 0 ? {} : { batchFiles: this.#batchFiles }),
      oddLines: this.links.reduce((sum, link) => sum + link.scanner.totals.oddLines, 0),
    };
  }

  pressure(): ChainPressure {
    const now = performance.now();
    const elapsed = now - this.#startedAt;
    const percent = (milliseconds = 0) => Math.min(100, Math.round((milliseconds / elapsed) * 100));
    return {
      waitingForTap: percent(this.links[0]?.waited(now).forSource),
      waitingForTarget: percent(this.links.at(-1)?.waited(now).forSink),
    };
  }

  streams(): ChainOutcome['streams'] {
    const extracted = this.links[0]?.scanner.streams;
    const passed = [...(this.links.at(-1)?.scanner.streams.keys() ?? [])];
    const loaded = new Map(passed.map((stream, index) => [stream, this.#loaded.byStream[index] ?? 0]));
    const names = new Set([...(extracted?.keys() ?? []), ...passed]);
    return Array.from(names, (stream) => ({
      stream,
      recordsExtracted: extracted?.get(stream)?.records ?? 0,
      recordsLoaded: loaded.get(stream) ?? 0,
    }));
  }

  /** Grows with each byte that is read or handed over. */
  moved(): number {
    return this.links.reduce((sum, link) => sum + link.bytesRead + link.bytesWritten, 0);
  }
}
