import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Real pipes between the runner and its children. Node's own `pipe` stdio is a socket pair, over which each small
 * write costs a wake-up of the reader; a FIFO that is opened and unlinked is an ordinary pipe.
 */
export interface Pipe {
  /** The runner's end: non-blocking, to be wrapped as a socket. */
  ours: number;
  /** The child's end: blocking, to be given as stdio and closed after the start. */
  childs: number;
}

/** The two pipes of one link. */
export interface LinkPipes {
  /** From the process before: it writes, we read. */
  up: Pipe;
  /** To the process after: we write, it reads. */
  down: Pipe;
}

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;

/** Paths of two FIFOs for each link; undefined where FIFOs can't be had: no `mkfifo`, a file system without them. */
export type Fifos = string[] | undefined;

/**
 * Makes the FIFOs of `links` links in a directory that only this user may enter, with one `mkfifo` call. It never rejects, and
 * takes some milliseconds: time for a chain to get ready otherwise.
 */
export async function makeFifos(directory: string, links: number): Promise<Fifos> {
  const names = Array.from({ length: links * 2 }, (_, index) => join(directory, `.link-${process.pid}-${index}`));
  if (await mkfifo(names)) return names;
  for (const name of names) removeQuietly(name);
  return undefined;
}

/** Opens the pipes of all links and unlinks their FIFOs, so that nothing is left in the directory. Undefined as above. */
export function openLinkPipes(names: Fifos): LinkPipes[] | undefined {
  if (names === undefined) return undefined;
  const opened: Pipe[] = [];
  try {
    const pairs: LinkPipes[] = [];
    for (let index = 0; index < names.length; index += 2) {
      const up = openForReading(names[index] ?? '');
      opened.push(up);
      const down = openForWriting(names[index + 1] ?? '');
      opened.push(down);
      pairs.push({ up, down });
    }
    return pairs;
  } catch {
    for (const pipe of opened) closePipe(pipe);
    return undefined;
  } finally {
    for (const name of names) removeQuietly(name);
  }
}

/** Closes what is still open of a pipe. A number that is closed may belong to somebody else, so none is closed twice. */
export function closePipe(pipe: Pipe): void {
  closeChilds(pipe);
  closeOnce(pipe.ours);
  pipe.ours = closed;
}

/** After the start of the child, which has its own copy by then: ours would keep the pipe open. */
export function closeChilds(pipe: Pipe): void {
  closeOnce(pipe.childs);
  pipe.childs = closed;
}

const closed = -1;

function closeOnce(fd: number): void {
  if (fd !== closed) closeSync(fd);
}

/** A non-blocking reader opens at once; then the child's blocking writer does too, as there is a reader. */
function openForReading(name: string): Pipe {
  const ours = openSync(name, O_RDONLY | O_NONBLOCK);
  return { ours, childs: openOr(name, O_WRONLY, ours) };
}

/** A writer can open only where there is a reader, a blocking reader only where there is a writer: a third end helps. */
function openForWriting(name: string): Pipe {
  const helper = openSync(name, O_RDONLY | O_NONBLOCK);
  try {
    const ours = openSync(name, O_WRONLY | O_NONBLOCK);
    return { ours, childs: openOr(name, O_RDONLY, ours) };
  } finally {
    closeSync(helper);
  }
}

function openOr(name: string, flags: number, other: number): number {
  try {
    return openSync(name, flags);
  } catch (error) {
    closeSync(other);
    throw error;
  }
}

function mkfifo(names: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('mkfifo', ['-m', '600', '--', ...names], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

function removeQuietly(name: string): void {
  try {
    unlinkSync(name);
  } catch {
    // Never made.
  }
}
