import type { LogLevel } from '../run/events.js';

/** One line of the log, before a format gives it a shape. Its texts are masked by the log that writes it. */
export interface LogRecord {
  time: Date;
  level: LogLevel;
  /** What happened, in one line. */
  event: string;
  /** What console lines say instead of `event`, whose wording programs rely on. */
  text?: string | undefined;
  /** The plugin that said it; Tapline itself where there is none. */
  name?: string | undefined;
  /** Further facts under the original's names; `undefined` ones are left out. */
  fields?: Record<string, unknown> | undefined;
  /** The fields that console lines show too; most would only distract a reader. */
  shown?: readonly string[] | undefined;
}

/** `disabled` lets no log line through; errors that end the program are still reported. */
export type LogThreshold = LogLevel | 'disabled';

export const logThresholds = ['debug', 'info', 'warning', 'error', 'critical', 'disabled'] as const;

export function isLogged(level: LogLevel, threshold: LogThreshold): boolean {
  return logThresholds.indexOf(level) >= logThresholds.indexOf(threshold);
}

/** The formats of `--log-format`. Variables and settings write `key_value`. */
export const logFormats = ['colored', 'uncolored', 'json', 'key-value', 'plain'] as const;
export type LogFormat = (typeof logFormats)[number];
