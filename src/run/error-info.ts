import { TaplineError } from '../errors.js';
import type { ErrorInfo } from './events.js';

/** An error as it travels in events and history. What is no TaplineError is a bug: it keeps its own words, without a stack trace. */
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
  return { code: 'INTERNAL', message: message === '' ? 'An error without a message.' : message };
}

/** The TaplineError itself, or RUN_FAILED around anything else. */
export function asTaplineError(error: unknown): TaplineError {
  if (error instanceof TaplineError) return error;
  return new TaplineError('RUN_FAILED', errorInfo(error).message, { cause: error });
}
