import { readFile } from 'node:fs/promises';
import { TaplineError } from '../errors.js';

/** The text of a file; `-` is stdin. Throws USAGE. */
export async function readInput(file: string, option: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8');
  } catch (error) {
    throw new TaplineError('USAGE', `The file '${file}' of ${option} can't be read.`, { cause: error });
  }
}
