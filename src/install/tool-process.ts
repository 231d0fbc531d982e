import { spawn } from 'node:child_process';
import type { WriteStream } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { TaplineError } from '../errors.js';
import type { GroupWatcher } from './types.js';

const tailLines = 20;
const killAfterMilliseconds = 5_000;

export interface ToolRun {
  command: readonly [string, ...string[]];
  cwd: string;
  env: Record<string, string>;
  log: WriteStream;
  mask: (text: string) => string;
  /** Told as soon as the process exists: what a later run must kill when this one dies. */
  onStart: (pid: number) => void;
  signal: AbortSignal | undefined;
  watcher: GroupWatcher | undefined;
}

/** Raised when an install tool ends badly; `lastLines` are its own words, masked. */
export class ToolFailed extends Error {
  override readonly name = 'ToolFailed';
  constructor(
    message: string,
    readonly lastLines: string[],
  ) {
    super(message);
  }
}

/**
 * Runs uv, pip or git-calling Python in a process group of its own, without a terminal (so that nothing asks for a password),
 * its output into the log. Throws ToolFailed; INTERRUPTED once `signal` aborts and the whole group is gone.
 */
export async function runTool(run: ToolRun): Promise<void> {
  const [file, ...args] = run.command;
  const name = file.split('/').at(-1) ?? file;
  run.log.write(run.mask(`$ ${run.command.join(' ')}\n`));
  run.signal?.throwIfAborted();
  const child = spawn(file, args, { cwd: run.cwd, env: run.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  if (child.pid !== undefined) {
    run.watcher?.watchGroup(child.pid);
    run.onStart(child.pid);
  }
  const tail = new Tail(run);
  child.stdout.on('data', (chunk: Buffer) => tail.add(chunk));
  child.stderr.on('data', (chunk: Buffer) => tail.add(chunk));
  const stop = () => killGroup(child.pid);
  run.signal?.addEventListener('abort', stop, { once: true });
  const ending = await new Promise<{ code: number | null; signal: string | null } | Error>((resolve) => {
    child.once('error', resolve);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  if (child.pid !== undefined) run.watcher?.forgetGroup(child.pid);
  run.signal?.removeEventListener('abort', stop);
  tail.end();
  if (run.signal?.aborted) throw new TaplineError('INTERRUPTED', 'The install was interrupted.');
  if (ending instanceof Error) throw new ToolFailed(`${name} could not be started: ${ending.message}`, []);
  if (ending.code === 0) return;
  const how = ending.code === null ? `was ended by ${ending.signal}` : `ended with exit code ${ending.code}`;
  throw new ToolFailed(`${name} ${how}`, tail.lines);
}

/** Keeps the last lines, and writes all of them masked into the log. */
class Tail {
  readonly lines: string[] = [];
  private rest = '';

  constructor(private readonly run: ToolRun) {}

  add(chunk: Buffer): void {
    const lines = (this.rest + chunk.toString('utf8')).split(/\r?\n/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.push(line);
  }

  end(): void {
    if (this.rest !== '') this.push(this.rest);
    this.rest = '';
  }

  private push(line: string): void {
    const masked = this.run.mask(line);
    this.run.log.write(`${masked}\n`);
    if (masked.trim() === '') return;
    this.lines.push(masked);
    if (this.lines.length > tailLines) this.lines.shift();
  }
}

/** TERM for the group, KILL for what is left of it. */
export async function killGroup(groupId: number | undefined): Promise<void> {
  if (groupId === undefined || !signalGroup(groupId, 'SIGTERM')) return;
  const giveUp = performance.now() + killAfterMilliseconds;
  while (performance.now() < giveUp) {
    await delay(50);
    if (!signalGroup(groupId, 0)) return;
  }
  signalGroup(groupId, 'SIGKILL');
}

function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch {
    return false;
  }
}
