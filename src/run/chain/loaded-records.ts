import { createHash } from 'node:crypto';

/** Numbers that are remembered at most; the oldest states are forgotten then. */
const mostNumbers = 1_000_000;

interface PassedState {
  hash: string;
  records: number;
  /** Records by stream, in the order in which the streams were met. */
  byStream: number[];
}

/**
 * Which records are loaded: at each STATE that passes the last link the counts so far are remembered; when the
 * target prints that state, all of them are credited.
 */
export class LoadedRecords {
  records = 0;
  byStream: number[] = [];
  #passed: PassedState[] = [];
  #numbers = 0;

  /** A STATE goes to the target. */
  pass(state: unknown, records: number, byStream: Iterable<{ records: number }>): void {
    const hash = hashOf(state);
    const counts = Array.from(byStream, (stream) => stream.records);
    const last = this.#passed.at(-1);
    if (last?.hash === hash) {
      this.#numbers += counts.length - last.byStream.length;
      last.records = records;
      last.byStream = counts;
      return;
    }
    this.#passed.push({ hash, records, byStream: counts });
    this.#numbers += counts.length + 1;
    while (this.#numbers > mostNumbers && this.#passed.length > 1) this.#forget();
  }

  /** The target has printed a state. One that never passed (a target that makes its own) credits nothing. */
  print(state: unknown): void {
    if (this.#passed.length === 0) return;
    const hash = hashOf(state);
    // The oldest of equal states: a state that comes back later says nothing about what is between.
    const index = this.#passed.findIndex((passed) => passed.hash === hash);
    const found = this.#passed[index];
    if (found === undefined) return;
    this.records = found.records;
    this.byStream = found.byStream;
    this.#passed.splice(0, index + 1);
    this.#numbers = this.#passed.reduce((sum, passed) => sum + passed.byStream.length + 1, 0);
  }

  /** The target has ended well, so all that it was given is loaded. */
  all(records: number, byStream: Iterable<{ records: number }>): void {
    this.records = records;
    this.byStream = Array.from(byStream, (stream) => stream.records);
    this.#passed = [];
  }

  #forget(): void {
    const oldest = this.#passed.shift();
    this.#numbers -= (oldest?.byStream.length ?? 0) + 1;
  }
}

/** Equal for states that differ in white space or in the order of keys only: targets write states anew. */
function hashOf(state: unknown): string {
  return createHash('sha1')
    .update(JSON.stringify(state, sortKeys) ?? '')
    .digest('base64');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
