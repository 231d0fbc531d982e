import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { TaplineError } from '../errors.js';

/** No project file that a person wrote comes near this; a bigger one is something else of that name. */
const maxBytes = 32 * 1024 * 1024;

/** The bytes of a regular file; undefined where there is none. Never blocks on a FIFO or a device. Throws PROJECT_UNREADABLE. */
export function readProjectFile(file: string): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(file, code ?? String(error), error);
  }
  try {
    return readWhole(file, descriptor);
  } catch (error) {
    if (error instanceof TaplineError) throw error;
    throw unreadable(file, (error as NodeJS.ErrnoException).code ?? String(error), error);
  } finally {
    closeSync(descriptor);
  }
}

function readWhole(file: string, descriptor: number): Buffer {
  const facts = fstatSync(descriptor);
  if (facts.isDirectory()) {
    throw new TaplineError('PROJECT_UNREADABLE', `${file} is a folder, not a file.`, {
      hint: 'Rename the folder, or run the command elsewhere: a project is a folder that contains a file of this name.',
    });
  }
  if (!facts.isFile()) {
    throw new TaplineError('PROJECT_UNREADABLE', `${file} is a device, socket or pipe, not a regular file.`);
  }
  if (facts.size > maxBytes) {
    const size = Math.round(facts.size / 1024 / 1024);
    throw new TaplineError('PROJECT_UNREADABLE', `${file} is ${size} MiB; the maximum for a project file is 32 MiB.`, {
      hint: 'Check that it is a project file.',
    });
  }
  const bytes = Buffer.allocUnsafe(facts.size);
  let length = 0;
  while (length < bytes.length) {
    const count = readSync(descriptor, bytes, length, bytes.length - length, null);
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

function unreadable(file: string, reason: string, cause: unknown): TaplineError {
  return new TaplineError('PROJECT_UNREADABLE', `${file} can't be read (${reason}).`, {
    cause,
    hint: 'Check its owner and mode, and those of its parent folders.',
  });
}

/** UTF-8 without its byte order mark, as text. Throws PROJECT_SYNTAX with the place of the first byte that is none. */
export function decodeUtf8(bytes: Buffer, file: string): string {
  if (isUtf8(bytes)) return bytes.toString('utf8', startsWithMark(bytes) ? 3 : 0);
  const isWide =
    bytes.length >= 2 && ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff));
  const good = wellFormedLength(bytes);
  const before = bytes.toString('utf8', 0, good).split('\n');
  throw new TaplineError('PROJECT_SYNTAX', `${file} is not UTF-8 text${isWide ? ' but UTF-16' : ''}.`, {
    at: { file, line: before.length, col: (before.at(-1)?.length ?? 0) + 1 },
    hint: 'Save the file as UTF-8.',
  });
}

function startsWithMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

/** The length of the longest valid prefix, by bisection over character boundaries. */
function wellFormedLength(bytes: Buffer): number {
  let [low, high] = [0, bytes.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    // A prefix may end inside a good character, so up to three bytes of its end are allowed to be missing.
    if ([0, 1, 2, 3].some((cut) => middle - cut >= 0 && isUtf8(bytes.subarray(0, middle - cut)))) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  while (low > 0 && !isUtf8(bytes.subarray(0, low))) low -= 1;
  return low;
}
