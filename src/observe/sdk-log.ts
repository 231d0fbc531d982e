/**
 * Log lines of plugins built on the Singer SDK, which print JSON when their logging file asks for it. The same
 * seven fields as in the original tell such a line from other JSON.
 */
import type { LogLevel } from '../run/events.js';

export interface SdkLogLine {
  level: LogLevel;
  message: string;
  /** What the line says besides: `plugin_logger`, `stream_name`, `metric_info`, `plugin_exception` ... */
  fields: Record<string, unknown>;
}

const required = ['level', 'pid', 'logger_name', 'ts', 'thread_name', 'app_name', 'message'] as const;

/** Undefined for any other line. */
export function readSdkLogLine(line: string): SdkLogLine | undefined {
  const text = line.trim();
  if (!text.startsWith('{') || !text.endsWith('}')) return undefined;
  const parsed = parseObject(text);
  if (parsed === undefined || !required.every((field) => field in parsed)) return undefined;
  const { level, logger_name, stream_name, ts: _ts, message, exception, extra, ...rest } = parsed;
  if (typeof level !== 'string' || typeof message !== 'string') return undefined;
  const more = typeof extra === 'object' && extra !== null ? extra : {};
  const fields = { ...rest, ...more, plugin_logger: logger_name, stream_name, plugin_exception: exception };
  const present = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return { level: levelOf(level), message, fields: Object.fromEntries(present) };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function levelOf(name: string): LogLevel {
  switch (name.toLowerCase()) {
    case 'debug':
    case 'notset':
      return 'debug';
    case 'warn':
    case 'warning':
      return 'warning';
    case 'error':
      return 'error';
    case 'critical':
    case 'fatal':
      return 'critical';
    default:
      return 'info';
  }
}
