import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Real pipes between the runner and its children. Node's own `pipe` stdio is a socket pair, over which each small
 * write costs a wake-up of the reader. A FIFO that is opened and then unlinked is an ordinary pipe.
 */
export interface Pipe {
  /** The runner's end: non-blocking, wrapped as a socket. */
  ours: number;
  /** The child's end: blocking, passed as stdio and closed after the start. */
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

/** Paths of two FIFOs per link; undefined without FIFOs: there is no `mkfifo`, or the file system does not support them. */
export type Fifos = string[] | undefined;

/**
 * Makes the FIFOs of `links` links in a directory that only this user may enter, with one `mkfifo` call. Never rejects. It takes
 * some milliseconds, in which the rest of a chain can be prepared.
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

/** Closes the ends that are still open. A closed descriptor may be reused, so none is closed twice. */
export function closePipe(pipe: Pipe): void {
  closeChilds(pipe);
  closeOnce(pipe.ours);
  pipe.ours = closed;
}

/** Closes the child's end after its start: the child has a copy, and ours would keep the pipe open. */
export function closeChilds(pipe: Pipe): void {
  closeOnce(pipe.childs);
  pipe.childs = closed;
}

const closed = -1;

function closeOnce(fd: number): void {
  if (fd !== closed) closeSync(fd);
}

/** A non-blocking reader opens at once, and then, as there is a reader, so does the child's blocking writer. */
function openForReading(name: string): Pipe {
  const ours = openSync(name, O_RDONLY | O_NONBLOCK);
  return { ours, childs: openOr(name, O_WRONLY, ours) };
}

/** A writer can open only if there is a reader, and a blocking reader only if there is a writer: a third end helps. */
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
    // It was never made.
  }
}
