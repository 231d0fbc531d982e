import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { processStart } from '../../state/owner.js';
import type { ProcessRole, RunEventBody } from '../events.js';
import { FailureCause } from './failure-cause.js';
import { signalGroup } from './process-group.js';
import type { Reaper } from './reaper.js';
import { startFailure } from './start-failure.js';
import { cutText, TextLines } from './text-lines.js';

/** What to start. `env` is the whole environment of the process: nothing is added. */
export interface ProcessSpec {
  role: ProcessRole;
  plugin: string;
  /** Singular: `extractor`, `loader`, `mapper`, `utility` ... */
  pluginType: string;
  file: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Its stderr lines may be structured logs of the Singer SDK. */
  structuredLogs?: boolean | undefined;
  /** Masks secrets in the output lines that are kept. */
  mask?: ((text: string) => string) | undefined;
}

/** How a process ended: by a code or by a signal. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A started process, as recorded in the system database, so that its group can be ended after the runner has died. */
export interface StartedProcess {
  role: ProcessRole;
  plugin: string;
  pid: number;
  /** Equals the pid, except for `invoke`. */
  groupId: number;
  /** The kernel's start time, since a pid alone may be reused; `''` if unknown. */
  pidStart: string;
}

/** Where a process reports to while it runs. */
export interface ProcessHooks {
  emit(body: RunEventBody): void;
  processStarted?: ((process: StartedProcess) => void) | undefined;
  processExited?: ((process: StartedProcess, exit: Exit) => void) | undefined;
  reaper?: Pick<Reaper, 'watchGroup' | 'forgetGroup'> | undefined;
}

const maxLineBytes = 64 * 1024;
const maxKeptLines = 20;
const maxKeptLineLength = 2_000;

/**
 * A child that leads its own process group:
 *
 *   running --exit--> exited --stdio ended, or held open by a left-over process--> closed
 *      '--signal group: TERM, then KILL--^
 */
export class Child {
  readonly spec: ProcessSpec;
  readonly pid: number;
  readonly process: ChildProcess;
  /** The last lines of its stderr, oldest first, masked. */
  readonly lastLines: string[] = [];
  readonly #cause = new FailureCause();
  /** Settles once, never rejects. */
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  /** The signal that we sent to end it: its exit is then not a failure of its own. */
  signalled: NodeJS.Signals | undefined;

  constructor(spec: ProcessSpec, process: ChildProcess, pid: number) {
    this.spec = spec;
    this.process = process;
    this.pid = pid;
    this.exited = new Promise((resolve) => {
      process.once('exit', (code, signal) => {
        this.exit = { code, signal };
        resolve(this.exit);
      });
    });
  }

  /** The output lines that say why it failed, the reason first, masked. */
  get cause(): string[] {
    return this.#cause.cause.map((line) => cutText(line, maxKeptLineLength));
  }

  get running(): boolean {
    return this.exit === undefined;
  }

  /** Signals the whole group, including what a dead leader left in it. False if the group is empty. */
  signalGroup(signal: NodeJS.Signals): boolean {
    if (this.running) this.signalled = signal;
    return signalGroup(this.pid, signal);
  }

  started(): Promise<StartedProcess> {
    const { role, plugin } = this.spec;
    const pid = this.pid;
    return processStart(pid).then((start) => ({ role, plugin, pid, groupId: pid, pidStart: start ?? '' }));
  }

  /**
   * Reads a text output line by line. Resolves at its end, or `lingerMilliseconds` after the exit if a left-over
   * process holds it open.
   */
  readLines(stream: Readable | null, onLine: (line: string) => void, lingerMilliseconds = 500): Promise<void> {
    if (stream === null) return Promise.resolve();
    const lines = new TextLines({ maxBytes: maxLineBytes, onLine });
    stream.on('data', (chunk: Buffer) => lines.push(chunk));
    return this.endOf(stream, lingerMilliseconds).then(() => lines.end());
  }

  /** Keeps a line for the message of a failure. */
  remember(line: string): void {
    if (line.trim() === '') return;
    // Masked before it is cut: a cut secret would not be recognized.
    const masked = this.spec.mask?.(line.trimEnd()) ?? line.trimEnd();
    this.#cause.push(masked);
    this.lastLines.push(cutText(masked, maxKeptLineLength));
    if (this.lastLines.length > maxKeptLines) this.lastLines.shift();
  }

  /**
   * Settles when the stream has ended. After the exit it waits only while data keeps coming, and at most ten times
   * `lingerMilliseconds`: a left-over process may write forever.
   */
  endOf(stream: Readable, lingerMilliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      let end: NodeJS.Timeout | undefined;
      const finish = () => {
        clearTimeout(timer);
        clearTimeout(end);
        resolve();
      };
      stream.once('end', finish);
      stream.once('close', finish);
      stream.once('error', finish);
      void this.exited.then(() => {
        if (stream.readableEnded || stream.destroyed) return;
        timer = setTimeout(() => stream.destroy(), lingerMilliseconds);
        end = setTimeout(() => stream.destroy(), 10 * lingerMilliseconds);
        stream.on('data', () => timer?.refresh());
      });
    });
  }
}

/** Starts a process as the leader of a new group. Throws EXECUTABLE_MISSING with a hint if it can't be started. */
export async function startChild(spec: ProcessSpec, stdio: StdioOptions): Promise<Child> {
  const child = await spawned(spec, stdio, true);
  return child;
}

/** Starts a process in the runner's own group, as `invoke` needs it: the terminal's signals reach both. */
export function startInOwnGroup(spec: ProcessSpec, stdio: StdioOptions): Promise<Child> {
  return spawned(spec, stdio, false);
}

function spawned(spec: ProcessSpec, stdio: StdioOptions, detached: boolean): Promise<Child> {
  return new Promise((resolve, reject) => {
    try {
      const { cwd, env } = spec;
      const child = spawn(spec.file, spec.args, { cwd, env, stdio, detached });
      if (child.pid === undefined) child.once('error', (error) => reject(startFailure(spec, error)));
      else {
        // An error after the start means that a signal could not be sent, which is ignored.
        child.on('error', () => {});
        resolve(new Child(spec, child, child.pid));
      }
    } catch (error) {
      reject(startFailure(spec, error));
    }
  });
}

/** The exit code as the original logs it: a signal is its negative number. */
export function exitNumber(exit: Exit): number {
  if (exit.code !== null) return exit.code;
  return exit.signal === null ? 0 : -(constants.signals[exit.signal] ?? 0);
}

/** `exited with code 3`, `was killed by SIGKILL`. */
export function describeExit(exit: Exit): string {
  return exit.signal === null ? `exited with code ${exit.code}` : `was killed by ${exit.signal}`;
}
