/** All that watches a run of the command line: log, log files, live view, summary. */
import { formatLocation } from '../errors.js';
import type { ErrorInfo, RunEvent, RunSubscriber } from '../run/events.js';
import { hasColors, isInteractive } from './colors.js';
import { inspectionLines } from './inspection-text.js';
import type { Log } from './log.js';
import { isLogged } from './log-record.js';
import type { LogOutput } from './log-settings.js';
import { createRunLog } from './run-log.js';
import { createRunLogFiles, platformLogFolder } from './run-log-file.js';
import type { StderrWriter } from './stderr.js';
import { type SummaryOptions, summaryText } from './summary.js';

export interface RunObservers {
  subscribers: RunSubscriber[];
  /** When all they write is written. */
  close(): Promise<void>;
}

export interface ObserveRunParts {
  log: Log;
  stderr: StderrWriter;
  env: NodeJS.ProcessEnv;
  /** `tapline retry` can take up what this run leaves. */
  canRetry: boolean;
  isRetry: boolean;
}

export async function observeRun({ log, stderr, env, canRetry, isRetry }: ObserveRunParts): Promise<RunObservers> {
  const output = log.settings.outputs.find(({ file }) => file === undefined);
  const recordOf = createRunLog();
  const toLog: RunSubscriber = (event) => {
    const record = recordOf(event);
    if (record !== undefined) log.write(record);
    if (event.type === 'inspection') tellInspection(event, log);
    if (event.type === 'run.finished' && event.error !== undefined) tellError(event, log);
  };
  const files = createRunLogFiles({
    folder: platformLogFolder(env),
    threshold: output?.level === 'debug' ? 'debug' : 'info',
    onProblem: (message) => log.debug(message),
  });
  const subscribers = [toLog, files.subscriber];
  const colors = hasColors(stderr, env);
  let ending: RunFinished | undefined;
  let dryRun = false;
  if (output !== undefined && isForPeople(output)) {
    if (isLive(output, stderr, env)) {
      const { createLiveView } = await import('./live-view.js');
      // Before the log, so that the lines are gone when the last log lines come.
      subscribers.unshift(createLiveView(stderr, colors));
    }
    subscribers.push((event) => {
      if (event.type === 'run.started') dryRun = event.dryRun;
      // A dry run that finds nothing wrong has told each block already.
      const isNews = event.type === 'run.finished' && isWanted(event, output) && !(dryRun && event.error === undefined);
      if (isNews) ending = event;
    });
  }
  return {
    subscribers,
    async close() {
      if (ending !== undefined) printSummary(ending, log, { colors, canRetry, isRetry, runId: ending.runId });
      await files.close();
    },
  };
}

type RunFinished = Extract<RunEvent, { type: 'run.finished' }>;

function printSummary(event: RunFinished, log: Log, options: SummaryOptions): void {
  const text = summaryText(event, options);
  if (text !== '') log.print(text);
}

/** What failed the run as a whole, told as an error of its own; blocks tell theirs themselves. */
function tellError(event: RunFinished, log: Log): void {
  const { error, blocks } = event;
  if (error === undefined || blocks.some((block) => block.error?.message === error.message)) return;
  log.write({
    time: new Date(event.time),
    level: event.status === 'skipped' ? 'warning' : 'error',
    event: errorLine(error),
    fields: { code: error.code, hint: error.hint, at: error.at, run_id: event.runId },
  });
}

/** All of it in one line, since console lines show no fields. */
function errorLine({ message, code, hint, at }: ErrorInfo): string {
  const place = at === undefined ? '' : ` at ${formatLocation(at)}`;
  return `${message} [${code}]${place}${hint === undefined ? '' : ` ${hint}`}`;
}

function isForPeople({ format }: LogOutput): boolean {
  return format === 'colored' || format === 'uncolored';
}

function isLive({ level }: LogOutput, stderr: StderrWriter, env: NodeJS.ProcessEnv): boolean {
  return isInteractive(stderr, env) && level !== 'debug' && level !== 'disabled';
}

/** Who asks for errors only gets a summary of failures only. */
function isWanted({ status }: { status: string }, { level }: LogOutput): boolean {
  return level !== 'disabled' && (status !== 'success' || isLogged('info', level));
}

/** A text for people, at every log level: it was asked for. */
function tellInspection({ name, report }: Extract<RunEvent, { type: 'inspection' }>, log: Log): void {
  log.print([`Inspection of ${name}`, ...inspectionLines(report)].join('\n'));
}
