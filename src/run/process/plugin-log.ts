import { isTooDeep } from '../../singer/messages.js';
import { isMap } from '../../values.js';
import type { LogLevel } from '../events.js';

/** A line of a plugin's text output. */
export interface PluginLogLine {
  level: LogLevel;
  message: string;
  fields?: Record<string, unknown> | undefined;
}

/** Keys of every structured log line of the Singer SDK; a line without one of them is plain text, as in Meltano 4.4.1. */
const sdkKeys = ['level', 'pid', 'logger_name', 'ts', 'thread_name', 'app_name', 'message'] as const;

const levels: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
  critical: 'critical',
  fatal: 'critical',
};

/**
 * Reads a line that a plugin printed: plain text has the level info, a structured line of the Singer SDK keeps its
 * level, message and other keys. Undefined for an empty line.
 */
export function readPluginLog(line: string, structured: boolean): PluginLogLine | undefined {
  const text = line.trimEnd();
  if (text === '') return undefined;
  return (structured && text.startsWith('{') ? readStructured(text) : undefined) ?? { level: 'info', message: text };
}

function readStructured(text: string): PluginLogLine | undefined {
  const entry = parseObject(text);
  if (entry === undefined || sdkKeys.some((key) => !(key in entry))) return undefined;
  const { level, message, extra, pid, ts, thread_name, app_name, ...rest } = entry;
  const extras = typeof extra === 'object' && extra !== null ? extra : {};
  return {
    level: levels[String(level).toLowerCase()] ?? 'info',
    message: typeof message === 'string' ? message : JSON.stringify(message),
    fields: { ...rest, ...extras },
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) && !isTooDeep(value, text) ? value : undefined;
  } catch {
    return undefined;
  }
}
