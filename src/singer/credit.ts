import { hash } from 'node:crypto';
import { isContainer } from '../exact-number.js';

/**
 * Which records are loaded: when a STATE passes the last link, the counts so far are remembered under the
 * state's key; when the target prints that state, all up to there is credited.
 */

/** Shorter texts are their own keys: a hash of a small state takes longer than all else that is done with it. */
const maxKeyLength = 2_048;

/** The same for equal JSON values, whatever the order of their keys, the spaces around, and how a decimal is written. */
export function stateKey(value: unknown): string {
  const text = canonical(value);
  return text.length <= maxKeyLength ? text : hash('sha1', text, 'base64');
}

function canonical(value: unknown): string {
  if (!isContainer(value)) {
    return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'null');
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = value as Record<string, unknown>;
  let text = '{';
  for (const key of Object.keys(members).sort()) text += `${JSON.stringify(key)}:${canonical(members[key])},`;
  return `${text}}`;
}

interface Mark<Counts> {
  key: string;
  counts: Counts;
}

/** What a target that never prints may cost: the marks are thinned out, so credit gets coarser, never wrong. */
const maxMarks = 4096;

export class LoadCredit<Counts> {
  /** Oldest first. */
  #marks: Mark<Counts>[] = [];
  /** How many of the oldest are used up; they are cut off now and then. */
  #used = 0;
  readonly #most: number;

  constructor(most = maxMarks) {
    this.#most = Math.max(2, most);
  }

  /** A STATE has passed with this many records before it. */
  remember(state: unknown, counts: Counts): void {
    this.#marks.push({ key: stateKey(state), counts });
    if (this.#marks.length - this.#used > this.#most) this.#thin();
  }

  /**
   * The target has printed this state. Returns what it covers, or undefined for a state that did not pass or
   * was thinned out. Of several equal states the oldest counts: the target may mean that one.
   */
  credit(state: unknown): Counts | undefined {
    const key = stateKey(state);
    const at = this.#marks.findIndex((mark, index) => index >= this.#used && mark.key === key);
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
