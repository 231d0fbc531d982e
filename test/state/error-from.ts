import { expect } from 'vitest';
import { TaplineError } from '../../src/errors.js';

/** The coded error that a promise must end in. */
export async function errorFrom(promise: Promise<unknown>): Promise<TaplineError> {
  const outcome = await promise.then(
    (value: unknown) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const error = 'error' in outcome ? outcome.error : undefined;
  if (!(error instanceof TaplineError))
    expect.fail(`expected a coded error, got ${JSON.stringify(outcome)} ${String(error)}`);
  return error;
}

export async function codeFrom(promise: Promise<unknown>): Promise<string> {
  return (await errorFrom(promise)).code;
}
