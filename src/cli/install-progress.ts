import { describeType } from '../install/hub/hub.js';
import type { InstallEvent } from '../install/types.js';
import type { Log } from '../observe/log.js';
import { pluginTypes } from '../project/types.js';

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
