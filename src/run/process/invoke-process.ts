import { exitNumber, type ProcessSpec, type StartedProcess, startInOwnGroup } from './child.js';

export interface InvokeOptions {
  /** Called with each line of its stderr; without it stderr is inherited, as a terminal needs. */
  onStderrLine?: ((line: string) => void) | undefined;
  processStarted?: ((process: StartedProcess) => void) | undefined;
}

const ignored = ['SIGINT', 'SIGQUIT'] as const;
const forwarded = ['SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a process as if the user had called it: same group and terminal, inherited stdin and stdout. INT and QUIT of the
 * terminal reach it directly, so this process ignores them meanwhile; TERM and HUP are forwarded. Resolves to the exit
 * code to end with: 256 - N after signal N, as with Meltano 4.4.1. Throws EXECUTABLE_MISSING.
 */
export async function invokeProcess(spec: ProcessSpec, options: InvokeOptions = {}): Promise<number> {
  let forward: (signal: NodeJS.Signals) => void = (signal) => {
    early = signal;
  };
  let early: NodeJS.Signals | undefined;
  const ignore = () => {};
  const hand = (signal: NodeJS.Signals) => forward(signal);
  for (const signal of ignored) process.on(signal, ignore);
  for (const signal of forwarded) process.on(signal, hand);
  try {
    const { onStderrLine } = options;
    const child = await startInOwnGroup(spec, ['inherit', 'inherit', onStderrLine === undefined ? 'inherit' : 'pipe']);
    forward = (signal) => void child.process.kill(signal);
    if (early !== undefined) forward(early);
    if (options.processStarted !== undefined) {
      const { processStarted } = options;
      void child.started().then((started) => processStarted({ ...started, groupId: 0 }));
    }
    const heard = onStderrLine === undefined ? undefined : child.readLines(child.process.stderr, onStderrLine);
    const exit = await child.exited;
    await heard;
    return exitNumber(exit) & 0xff;
  } finally {
    for (const signal of ignored) process.off(signal, ignore);
    for (const signal of forwarded) process.off(signal, hand);
  }
}
