import { exitCodes } from '../errors.js';
import { StopControl } from './stop-control.js';

const handled = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Turns the first INT, TERM or HUP into a graceful stop and the next into a kill. Returns a function that stops listening. */
export function stopOnSignals(stop: StopControl): () => void {
  const onSignal = (signal: NodeJS.Signals) => stop.request({ reason: 'signal', signal, second: stop.stopping });
  for (const signal of handled) process.on(signal, onSignal);
  return () => {
    for (const signal of handled) process.off(signal, onSignal);
  };
}

/** Runs `work` with a stop control that follows the signals of this process. */
export async function withSignals<T>(work: (stop: StopControl, stopListening: () => void) => Promise<T>): Promise<T> {
  const stop = new StopControl();
  const stopListening = stopOnSignals(stop);
  try {
    return await work(stop, stopListening);
  } finally {
    stopListening();
  }
}

/** Requests a stop after `seconds`. Returns a function that cancels it. */
export function stopAfter(seconds: number | undefined, stop: StopControl): () => void {
  if (seconds === undefined) return () => undefined;
  let timer: NodeJS.Timeout;
  const until = performance.now() + seconds * 1000;
  // A timer longer than 24 days would fire at once.
  const wait = () => {
    const left = until - performance.now();
    if (left <= 0) stop.request({ reason: 'timeout', second: false });
    else timer = setTimeout(wait, Math.min(left, 86_400_000));
  };
  wait();
  return () => clearTimeout(timer);
}

export function stopWhenAborted(signal: AbortSignal | undefined, stop: StopControl): () => void {
  const abort = () => stop.request({ reason: 'signal', second: false });
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return () => signal?.removeEventListener('abort', abort);
}

/** The exit code for the signal that ended us; that of INT by default. */
export function signalExitCode(signal: NodeJS.Signals | undefined): number {
  if (signal === 'SIGHUP') return exitCodes.hangup;
  return signal === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted;
}
