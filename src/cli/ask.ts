import { createInterface } from 'node:readline';
import { TaplineError } from '../errors.js';

export interface Asker {
  /** A line of stdin, or `fallback` for an empty one. Throws ABORTED at the end of input. */
  ask(question: string, fallback: string): Promise<string>;
  close(): void;
}

/** Questions on stderr, since stdout carries data; answers from the terminal or from lines that are piped in. */
export function createAsker(hint: string): Asker {
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal: process.stdin.isTTY });
  lines.once('SIGINT', () => lines.close());
  const answers = lines[Symbol.asyncIterator]();
  return {
    async ask(question, fallback) {
      lines.setPrompt(`${question}${fallback === '' ? '' : ` [${fallback}]`}: `);
      lines.prompt();
      const { done, value } = await answers.next();
      if (done) throw new TaplineError('ABORTED', 'Aborted!', { hint });
      return value.trim() === '' ? fallback : value.trim();
    },
    close: () => lines.close(),
  };
}
