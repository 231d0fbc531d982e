import { hasCode, TaplineError } from '../errors.js';
import { signalExitCode } from '../run/signals.js';

/** Work that INT, TERM or HUP interrupts through its signal, whose reason is the name; of INTERRUPTED the exit code says which it was. */
export async function untilSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (signal: NodeJS.Signals): void => controller.abort(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, abort);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (!hasCode(error, 'INTERRUPTED')) throw error;
    throw new TaplineError('INTERRUPTED', error.message, { exitCode: signalExitCode(controller.signal.reason) });
  } finally {
    for (const signal of signals) process.off(signal, abort);
  }
}
