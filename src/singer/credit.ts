import { createHash } from 'node:crypto';

/**
 * Which records are loaded: when a STATE passes the last link, the counts so far are remembered under the
 * state's hash; when the target prints that state, all up to there is credited.
 */

/** The same for equal JSON values, whatever the order of their keys and the spaces around. */
export function stateHash(value: unknown): string {
  return createHash('sha1').update(canonical(value)).digest('base64');
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
  }
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'null');
}

interface Mark<Counts> {
  hash: string;
  counts: Counts;
}

/** What a target that never prints may cost: the marks are thinned out, so credit gets coarser, never wrong. */
const mostMarks = 4096;

export class LoadCredit<Counts> {
  /** Oldest first. */
  #marks: Mark<Counts>[] = [];
  /** How many of the oldest are used up; they are cut off now and then. */
  #used = 0;
  readonly #most: number;

  constructor(most = mostMarks) {
    this.#most = Math.max(2, most);
  }

  /** A STATE has passed with this many records before it. */
  remember(state: unknown, counts: Counts): void {
    this.#marks.push({ hash: stateHash(state), counts });
    if (this.#marks.length - this.#used > this.#most) this.#thin();
  }

  /**
   * The target has printed this state. Returns what it covers, or undefined for a state that did not pass or
   * was thinned out. Of several equal states the oldest counts: the target may mean that one.
   */
  credit(state: unknown): Counts | undefined {
    const hash = stateHash(state);
    const at = this.#marks.findIndex((mark, index) => index >= this.#used && mark.hash === hash);
    if (at === -1) return undefined;
    const counts = this.#marks[at]?.counts;
    this.#used = at + 1;
    if (this.#used > this.#marks.length / 2) {
      this.#marks.splice(0, this.#used);
      this.#used = 0;
    }
    return counts;
  }

  /** Keeps every other mark, and the newest. */
  #thin(): void {
    const live = this.#marks.slice(this.#used);
    this.#marks = live.filter((_, index) => (live.length - 1 - index) % 2 === 0);
    this.#used = 0;
  }
}
