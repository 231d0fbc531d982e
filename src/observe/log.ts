/** The log: records in, masked lines out, to stderr and to the files that a logging file names. */
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogLevel } from '../run/events.js';
import { hasColors } from './colors.js';
import { createFormatter, type Formatter } from './log-format.js';
import { isLogged, type LogRecord, type LogThreshold } from './log-record.js';
import type { LogOutput, LogSettings } from './log-settings.js';
import type { Mask } from './mask.js';
import type { StderrWriter } from './stderr.js';

export interface Log {
  readonly settings: LogSettings;
  write(record: LogRecord): void;
  debug(event: string, fields?: Record<string, unknown>): void;
  info(event: string, fields?: Record<string, unknown>): void;
  warning(event: string, fields?: Record<string, unknown>): void;
  error(event: string, fields?: Record<string, unknown>): void;
  /** Text for people that is not a log line, such as the summary: masked, to stderr. */
  print(text: string): void;
}

export interface LogParts {
  settings: LogSettings;
  stderr: StderrWriter;
  mask: Mask;
  env: NodeJS.ProcessEnv;
}

export function createLog({ settings, stderr, mask, env }: LogParts): Log {
  const outputs = settings.outputs.map((output) => openOutput(output, stderr, env));
  const write = (record: LogRecord): void => {
    const wanted = outputs.filter((output) => isLogged(record.level, output.threshold));
    if (wanted.length === 0) return;
    const masked = {
      ...record,
      event: mask.own(record.event),
      text: record.text === undefined ? undefined : mask.own(record.text),
      fields: mask.value(record.fields),
    };
    for (const output of wanted) output.line(output.format(masked));
  };
  const at = (level: LogLevel) => (event: string, fields?: Record<string, unknown>) =>
    write({ time: new Date(), level, event, fields });
  return {
    settings,
    write,
    debug: at('debug'),
    info: at('info'),
    warning: at('warning'),
    error: at('error'),
    print: (text) => stderr.line(mask.own(text)),
  };
}

interface OpenOutput {
  threshold: LogThreshold;
  format: Formatter;
  line(text: string): void;
}

function openOutput(output: LogOutput, stderr: StderrWriter, env: NodeJS.ProcessEnv): OpenOutput {
  const colors = output.file === undefined && hasColors(stderr, env);
  const localTime = ['1', 'true', 'yes'].includes((env.NO_UTC ?? '').toLowerCase());
  const format = createFormatter({ ...output, colors, localTime });
  const line = output.file === undefined ? (text: string) => stderr.line(text) : fileLine(output.file, stderr);
  return { threshold: output.level, format, line };
}

/** A log file that can't be written is reported once; it never fails what is being logged. */
function fileLine(file: string, stderr: StderrWriter): (text: string) => void {
  let works = true;
  return (text) => {
    if (!works) return;
    try {
      mkdirSync(dirname(file), { recursive: true });
      appendFileSync(file, `${text}\n`, { mode: 0o600 });
    } catch (error) {
      works = false;
      stderr.line(`warning: the log file ${file} can't be written: ${error instanceof Error ? error.message : error}`);
    }
  };
}
