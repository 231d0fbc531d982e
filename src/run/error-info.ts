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
      ...(data === undefined ? {} : { data }),
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const info = { code: 'INTERNAL', message: message === '' ? 'An error without a message.' : message };
  return error instanceof Error && error.stack !== undefined ? { ...info, data: { stack: error.stack } } : info;
}
