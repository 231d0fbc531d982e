import { hasCode, TaplineError } from '../errors.js';
import { describeType } from '../install/hub/hub.js';
import type { InstallEvent } from '../install/types.js';
import type { Log } from '../observe/log.js';
import { pluginTypes } from '../project/types.js';
import { signalExitCode } from '../run/signals.js';

/** What an install tells, as log lines. */
export function tellInstall(event: InstallEvent, log: Log): void {
  if (event.type === 'warning') {
    log.warning(event.message, { code: event.code, hint: event.hint });
    return;
  }
  const type = pluginTypes.find((each) => each === event.pluginType);
  const what = `${type === undefined ? event.pluginType : describeType(type)} '${event.plugin}'`;
  if (event.type === 'install.started') log.info(`Installing ${what}`);
  else if (event.type === 'install.finished')
    log.info(`Installed ${what}`, { duration_seconds: event.durationSeconds });
  else log.info(`Skipped installing ${what}.${event.reason === undefined ? '' : ` ${event.reason}`}`);
}

/** An install that INT, TERM or HUP interrupts: its tools are ended, nothing is left half made, and the exit code says which it was. */
export async function untilSignal<T>(install: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (signal: NodeJS.Signals): void => controller.abort(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, abort);
  try {
    return await install(controller.signal);
  } catch (error) {
    if (!hasCode(error, 'INTERRUPTED')) throw error;
    throw new TaplineError('INTERRUPTED', error.message, { exitCode: signalExitCode(controller.signal.reason) });
  } finally {
    for (const signal of signals) process.off(signal, abort);
  }
}
