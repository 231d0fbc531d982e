import { createInterface } from 'node:readline';
import { TaplineError } from '../errors.js';

/** Asks until there is a yes or a no, with the words of the original. No, and the end of input, throw ABORTED. */
export async function confirm(question: string): Promise<void> {
  // On stderr, since stdout carries data only.
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: process.stdin.isTTY });
  lines.once('SIGINT', () => lines.close());
  lines.setPrompt(`${question} [y/N]: `);
  lines.prompt();
  try {
    for await (const line of lines) {
      const answer = line.trim().toLowerCase();
      if (answer === 'y' || answer === 'yes') return;
      if (answer === '' || answer === 'n' || answer === 'no') break;
      lines.prompt();
    }
  } finally {
    lines.close();
  }
  throw new TaplineError('ABORTED', 'Aborted!', { hint: '`--force` skips the question.' });
}
