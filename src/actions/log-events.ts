import type { Log } from '../observe/log.js';
import type { RunSubscriber } from '../run/events.js';

/** Logs what happens around plugins that are started outside a run: there is neither live view nor summary. */
export async function logEvents(log: Log): Promise<RunSubscriber> {
  const { createRunLog } = await import('../observe/run-log.js');
  const recordOf = createRunLog();
  return (event) => {
    const record = recordOf(event);
    if (record !== undefined) log.write(record);
  };
}
