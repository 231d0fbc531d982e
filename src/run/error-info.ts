import { TaplineError } from '../errors.js';
import type { ErrorInfo } from './events.js';

/** An error as events and the history hold it. An error that is not a TaplineError is a bug and keeps its stack trace. */
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
  const info = { code: 'INTERNAL', message: message === '' ? 'error without a message' : message };
  return error instanceof Error && error.stack !== undefined ? { ...info, data: { stack: error.stack } } : info;
}

/** Dates become ISO texts and bigints digits: an event must survive JSON. */
function jsonSafe(data: Record<string, unknown>): Record<string, unknown> {
  const text = JSON.stringify(data, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
  return JSON.parse(text) as Record<string, unknown>;
}
