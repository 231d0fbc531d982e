/**
 * The log file of each command, and of each chain that keeps a state, where the original has those of chains, so that
 * `logs show` of either finds it: `<log folder>/elt/<state ID>/<run ID>/elt.log`, in the uncolored console format.
 */
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent, RunSubscriber } from '../run/events.js';
import { createFormatter } from './log-format.js';
import { isLogged, type LogThreshold } from './log-record.js';
import { createRunLog } from './run-log.js';

export interface RunLogFiles {
  subscriber: RunSubscriber;
  /** When all is on the disk. */
  close(): Promise<void>;
}

export interface RunLogFileOptions {
  /** See `platformLogFolder`. */
  folder: string;
  threshold: LogThreshold;
  /** Called once when a file can't be written; the run continues without it. */
  onProblem(message: string): void;
}

/** What may wait for a disk that is slower than a plugin is loud. In characters. */
const maxWaiting = 16 * 1024 * 1024;

/** A log file. Lines that don't fit into the buffer are dropped, and it says how many. */
class LogFile {
  private leftOut = 0;

  constructor(private readonly stream: WriteStream) {}

  line(text: string): void {
    if (this.stream.writableLength > maxWaiting) {
      this.leftOut += 1;
      return;
    }
    this.tellLeftOut();
    this.stream.write(`${text}\n`);
  }

  end(): void {
    this.tellLeftOut();
    this.stream.end();
  }

  private tellLeftOut(): void {
    if (this.leftOut > 0)
      this.stream.write(`... ${this.leftOut} lines are left out: they came faster than they could be written\n`);
    this.leftOut = 0;
  }
}

export function createRunLogFiles({ folder, threshold, onProblem }: RunLogFileOptions): RunLogFiles {
  const recordOf = createRunLog();
  const format = createFormatter({ format: 'uncolored' });
  const open = new Map<string, LogFile>();
  const closed: Promise<void>[] = [];
  let told = false;

  const problem = (error: Error): void => {
    if (!told) onProblem(`The log file of the run can't be written: ${error.message}`);
    told = true;
  };
  const start = (blockId: string, jobName: string, runId: string): void => {
    try {
      const place = join(folder, 'elt', sanitized(jobName), runId);
      mkdirSync(place, { recursive: true });
      const stream = createWriteStream(join(place, 'elt.log'), { flags: 'a', mode: 0o600 });
      // A stream that can't be written closes by itself, and does so only once.
      closed.push(new Promise((resolve) => stream.once('close', resolve)));
      stream.on('error', (error) => {
        open.delete(blockId);
        problem(error);
      });
      open.set(blockId, new LogFile(stream));
    } catch (error) {
      problem(error as Error);
    }
  };
  const end = (blockId: string): void => {
    open.get(blockId)?.end();
    open.delete(blockId);
  };

  return {
    subscriber(event: RunEvent) {
      const begun = blockWithLog(event);
      if (begun !== undefined) start(begun.blockId, begun.jobName, event.runId);
      const record = recordOf(event);
      if (record !== undefined && isLogged(record.level, threshold)) {
        const line = format(record);
        for (const [blockId, file] of open) {
          if (event.blockId === undefined || event.blockId === blockId) file.line(line);
        }
      }
      // What is tried again appends to it.
      if (event.type === 'block.finished' || event.type === 'block.retrying') end(event.summary.blockId);
    },
    async close() {
      for (const blockId of [...open.keys()]) end(blockId);
      await Promise.all(closed);
    },
  };
}

/** A block that starts and keeps a log: a chain under its state ID, a command under its name, such as `dbt:run`. */
function blockWithLog(event: RunEvent): { blockId: string; jobName: string } | undefined {
  if (event.type !== 'block.started' || event.blockId === undefined) return undefined;
  // The original keeps no log of a chain without a state.
  const jobName = event.kind === 'command' ? event.name : event.stateId;
  return jobName === undefined ? undefined : { blockId: event.blockId, jobName };
}

/** The user's log folder of the original: what `meltano logs dir` prints. */
export function platformLogFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const home = env.HOME ?? homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Logs', 'meltano');
  if (platform === 'win32')
    return join(env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'meltano', 'meltano', 'Logs');
  const state = env.XDG_STATE_HOME?.trim();
  return join(state === undefined || state === '' ? join(home, '.local', 'state') : state, 'meltano', 'log');
}

/** A state ID as a folder's name, by the original's rule. */
export function sanitized(stateId: string): string {
  return stateId
    .normalize('NFKD')
    .replace(/\P{ASCII}/gu, '')
    .replaceAll('/', ' ')
    .trim()
    .replace(/\s+/g, '_')
    .replace(/[^\w.-]/g, '')
    .replace(/^[._]+|[._]+$/g, '');
}
