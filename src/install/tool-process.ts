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
  if (run.signal?.aborted) throw interrupted();
  const { execa } = await import('execa');
  const { cwd, env } = run;
  // Its own group: a tool starts others (git, compilers), and all of them must end with it.
  const tool = execa(file, args, {
    cwd,
    env,
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    buffer: false,
    detached: true,
    reject: false,
  });
  if (tool.pid !== undefined) {
    run.watcher?.watchGroup(tool.pid);
    run.onStart(tool.pid);
  }
  const stop = () => killGroup(tool.pid);
  run.signal?.addEventListener('abort', stop, { once: true });
  const lastLines = await keepLines(tool.iterable({ from: 'all' }), run);
  const { failed, exitCode, signal, originalMessage } = await tool;
  if (tool.pid !== undefined) run.watcher?.forgetGroup(tool.pid);
  run.signal?.removeEventListener('abort', stop);
  if (run.signal?.aborted) throw interrupted();
  if (!failed) return;
  if (tool.pid === undefined) throw new ToolFailed(`${name} could not be started: ${originalMessage}`, []);
  const how = exitCode === undefined ? `was ended by ${signal}` : `ended with exit code ${exitCode}`;
  throw new ToolFailed(`${name} ${how}`, lastLines);
}

function interrupted(): TaplineError {
  return new TaplineError('INTERRUPTED', 'The install was interrupted.');
}

/** Writes every line masked into the log, and keeps the last ones. */
async function keepLines(lines: AsyncIterable<string>, { mask, log }: ToolRun): Promise<string[]> {
  const kept: string[] = [];
  try {
    for await (const line of lines) {
      const masked = mask(line);
      log.write(`${masked}\n`);
      if (masked.trim() !== '') kept.push(masked);
      if (kept.length > tailLines) kept.shift();
    }
  } catch {
    // The iteration ends with the process's own failure, which the caller judges.
  }
  return kept;
}

/** Sends TERM to the group, then KILL to what remains. */
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
