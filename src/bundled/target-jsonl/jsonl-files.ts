import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PluginError, reasonOf } from '../../singer/kit/plugin-process.js';

/** Lines are gathered for each file up to this size, and for all together. In bytes. */
const gatherPerFile = 256 * 1024;
const gatherInAll = 8 * 1024 * 1024;

/**
 * Files to which whole lines are appended. Each is opened for each write only, so that any number of streams
 * can be written; a line that a killed run has left unfinished is mended before anything is added to it.
 */
export class JsonlFiles {
  readonly #folder: string;
  readonly #waiting = new Map<string, { lines: string[]; size: number }>();
  readonly #mended = new Set<string>();
  /** Written, but not known to be on the disk. */
  readonly #dirty = new Set<string>();
  #size = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#try(folder, () => mkdirSync(folder, { recursive: true }));
  }

  get waiting(): boolean {
    return this.#size > 0 || this.#dirty.size > 0;
  }

  append(name: string, line: string): void {
    const file = this.#waiting.get(name) ?? { lines: [], size: 0 };
    this.#waiting.set(name, file);
    file.lines.push(line);
    file.size += line.length;
    this.#size += line.length;
    if (file.size >= gatherPerFile) this.#write(name);
    else if (this.#size >= gatherInAll) this.#writeAll();
  }

  /** All lines are on the disk when this returns. */
  flush(): void {
    this.#writeAll();
    for (const name of this.#dirty) this.#with(name, fsyncSync);
    this.#dirty.clear();
  }

  #writeAll(): void {
    for (const name of [...this.#waiting.keys()]) this.#write(name);
  }

  #write(name: string): void {
    const file = this.#waiting.get(name);
    if (file === undefined) return;
    const bytes = Buffer.from(`${file.lines.join('\n')}\n`);
    this.#with(name, (fd) => {
      if (!this.#mended.has(name)) mendEnd(fd);
      this.#mended.add(name);
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
    });
    this.#waiting.delete(name);
    this.#size -= file.size;
    this.#dirty.add(name);
  }

  #with(name: string, use: (fd: number) => void): void {
    const path = join(this.#folder, name);
    this.#try(path, () => {
      const fd = openSync(path, 'a+');
      try {
        use(fd);
      } finally {
        closeSync(fd);
      }
    });
  }

  #try(path: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      throw new PluginError(`${path} can't be written: ${reasonOf(error)}.`);
    }
  }
}

/** What a kill leaves behind a last line end is cut off: no state has covered it. A whole object only lacks its line end. */
function mendEnd(fd: number): void {
  const { size } = fstatSync(fd);
  const tail = lastLine(fd, size);
  if (tail === undefined || tail.length === 0) return;
  if (isJson(tail)) writeSync(fd, '\n');
  else ftruncateSync(fd, size - tail.length);
}

/** The bytes after the last line end; nothing where they are too many to be a part of a line. */
function lastLine(fd: number, size: number): Buffer | undefined {
  const most = 64 * 1024 * 1024;
  for (let length = 64 * 1024; ; length *= 8) {
    const from = Math.max(0, size - length);
    const bytes = Buffer.alloc(size - from);
    readSync(fd, bytes, 0, bytes.length, from);
    const end = bytes.lastIndexOf(10);
    if (end !== -1) return bytes.subarray(end + 1);
    if (from === 0) return bytes;
    if (length > most) return undefined;
  }
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

/** A stream's name as a file name: no folder can be reached, and no two names are one. */
export function fileNameOf(stream: string): string {
  const safe = stream.replace(/[%/\\:*?"<>|\p{Cc}]/gu, (character) =>
    encodeURIComponent(character).replace('*', '%2A'),
  );
  return safe.startsWith('.') || safe === '' ? `%2E${safe.slice(1)}` : safe;
}
