import { TaplineError } from '../errors.js';
import type { ErrorInfo } from './events.js';

/** An error as it travels in events and history. What is no TaplineError is a bug: it brings its stack trace along. */
export function errorInfo(error: unknown): ErrorInfo {
  if (error instanceof TaplineError) {
    const { code, message, hint, at, data } = error;
    return {
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(at === undefined ? {} : { at }),
      ...(data === undefined ? {} : { data: jsonSafe(data) }),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const info = { code: 'INTERNAL', message: message === '' ? 'An error without a message.' : message };
  return error instanceof Error && error.stack !== undefined ? { ...info, data: { stack: error.stack } } : info;
}

/** Dates as ISO texts, long whole numbers as digits: an event must survive JSON. */
function jsonSafe(data: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(data, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return JSON.parse(text) as Record<string, unknown>;
}
