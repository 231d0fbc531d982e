/** The log of a session, as the command line and the project's settings choose it. */
import { createLog, type Log } from '../observe/log.js';
import { logThresholds } from '../observe/log-record.js';
import { chooseLogSettings } from '../observe/log-settings.js';
import type { Mask } from '../observe/mask.js';
import type { SettingsResolver } from '../settings/types.js';
import { textOf } from '../values.js';
import type { SessionOptions } from './session-options.js';

export async function openLog(
  { log, cwd, stderr, env }: SessionOptions,
  mask: Mask,
  settings: SettingsResolver,
): Promise<Log> {
  const setting = (name: string) => textOf(settings.projectSetting(name));
  const chosen = await chooseLogSettings({
    options: log,
    settings: { level: setting('cli.log_level'), format: setting('cli.log_format'), config: setting('cli.log_config') },
    cwd,
  });
  return createLog({ settings: chosen, stderr, mask, env });
}

/** Plugins log from the lowest level that an output of our own log shows, as in the original; in Python's words. */
export function pluginLogLevel({ settings: { outputs } }: Log): string | undefined {
  const lowest = logThresholds.find((threshold) => outputs.some(({ level }) => level === threshold));
  return lowest === 'disabled' ? 'CRITICAL' : lowest?.toUpperCase();
}
