import { type Child, type Exit, type ProcessSpec, type StartedProcess, startChild } from './child.js';
import { endLeftOvers } from './left-over.js';
import type { Reaper } from './reaper.js';

export interface CaptureOptions {
  timeoutSeconds?: number | undefined;
  /** Maximum size of its stdout. */
  maxBytes: number;
  /** Ends the process, for example when the run stops. */
  signal?: AbortSignal | undefined;
  onLine?: ((line: string) => void) | undefined;
  processStarted?: ((process: StartedProcess) => void) | undefined;
  processExited?: ((process: StartedProcess, exit: Exit) => void) | undefined;
  reaper?: Pick<Reaper, 'watchGroup' | 'forgetGroup'> | undefined;
}

export interface Captured {
  exit: Exit;
  stdout: Buffer;
  /** The last lines of its stderr, oldest first, masked. */
  lastLines: string[];
  /** See `Child.cause`. */
  cause: string[];
  /** Why we ended it; undefined if it ended by itself. */
  ended: 'timeout' | 'tooLong' | 'aborted' | undefined;
  durationSeconds: number;
}

const killMilliseconds = 2_000;
/** How long to wait for a pipe that is still open after the process has ended. */
const drainMilliseconds = 1_000;

/** Runs a process and returns its stdout, within limits of time and size. Throws EXECUTABLE_MISSING. */
export async function capture(spec: ProcessSpec, options: CaptureOptions): Promise<Captured> {
  const start = performance.now();
  const child = await startChild(spec, ['ignore', 'pipe', 'pipe']);
  options.reaper?.watchGroup(child.pid);
  const started = child.started();
  void started.then((process) => options.processStarted?.(process));
  let ended: Captured['ended'];
  let killTimer: NodeJS.Timeout | undefined;
  const end = (why: NonNullable<Captured['ended']>) => {
    if (ended !== undefined || !child.running) return;
    ended = why;
    child.signalGroup('SIGTERM');
    killTimer = setTimeout(() => child.signalGroup('SIGKILL'), killMilliseconds);
  };
  const abort = () => end('aborted');
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted) abort();
  const { timeoutSeconds } = options;
  const timer = timeoutSeconds === undefined ? undefined : setTimeout(() => end('timeout'), timeoutSeconds * 1000);
  const heard = child.readLines(child.process.stderr, (line) => {
    child.remember(line);
    options.onLine?.(line);
  });
  const read = collectStdout(child, options.maxBytes, () => end('tooLong'));
  const exit = await child.exited;
  clearTimeout(timer);
  clearTimeout(killTimer);
  options.signal?.removeEventListener('abort', abort);
  const [stdout] = await Promise.all([read, heard]);
  await endLeftOvers(child.pid);
  options.reaper?.forgetGroup(child.pid);
  options.processExited?.(await started, exit);
  const durationSeconds = (performance.now() - start) / 1000;
  return { exit, stdout, lastLines: child.lastLines, cause: child.cause, ended, durationSeconds };
}

async function collectStdout(child: Child, maxBytes: number, onTooLong: () => void): Promise<Buffer> {
  const output = child.process.stdout;
  const chunks: Buffer[] = [];
  let bytes = 0;
  output?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else onTooLong();
  });
  if (output !== null) await child.endOf(output, drainMilliseconds);
  return Buffer.concat(chunks);
}
