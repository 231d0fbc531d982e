import { createInterface } from 'node:readline/promises';
import { TaplineError } from '../errors.js';

/** Asks until there is a yes or a no, with the words of the original. No, and the end of input, throw ABORTED. */
export async function confirm(question: string): Promise<void> {
  // On stderr, since stdout carries data only.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: process.stdin.isTTY });
  const ended = new AbortController();
  lines.once('close', () => ended.abort());
  lines.once('SIGINT', () => lines.close());
  try {
    for (;;) {
      const answer = (await lines.question(`${question} [y/N]: `, { signal: ended.signal })).trim().toLowerCase();
      if (answer === 'y' || answer === 'yes') return;
      if (answer === '' || answer === 'n' || answer === 'no') throw aborted();
    }
  } catch (error) {
    throw error instanceof TaplineError ? error : aborted();
  } finally {
    lines.close();
  }
}

function aborted(): TaplineError {
  return new TaplineError('ABORTED', 'Aborted!', { hint: 'With --force it is done without a question.' });
}
