/** Stored text to state and back, with one error for text that is not a state. */
import { hasCode, TaplineError } from '../errors.js';
import { parseExactJson } from '../singer/exact-json.js';
import { isMap } from '../values.js';
import type { StateListing, WrappedState } from './port.js';

/** Throws STATE_UNREADABLE; `where` names the store in its message. */
export function parseWrapped(text: string | null | undefined, where: string, stateId: string): WrappedState {
  if (text === null || text === undefined || text === '') return {};
  const value = parseOrFail(text, where, stateId);
  if (value === null) return {};
  if (!isWrapped(value)) throw unreadable(where, stateId, 'it is not a JSON object with a `singer_state` map in it');
  return value;
}

export function parseOrFail(text: string, where: string, stateId: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    throw unreadable(where, stateId, 'it is not valid JSON', error);
  }
}

export function isWrapped(value: unknown): value is WrappedState {
  return isMap(value) && (value.singer_state === undefined || isMap(value.singer_state));
}

/** The status that `state list` shows. */
export function statusOf(
  halves: { completed: WrappedState; partial: WrappedState } | undefined,
): StateListing['status'] {
  if (halves === undefined) return 'invalid';
  const { completed, partial } = halves;
  if (completed.singer_state !== undefined || partial.singer_state !== undefined) return 'valid';
  return Object.keys({ ...completed, ...partial }).length === 0 ? 'empty' : 'invalid';
}

/** What `parse` returns, or undefined if the text is unreadable. */
export function ifReadable<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (hasCode(error, 'STATE_UNREADABLE')) return undefined;
    throw error;
  }
}

export function unreadable(where: string, stateId: string, why: string, cause?: unknown): TaplineError {
  return new TaplineError('STATE_UNREADABLE', `The state of ${stateId} in ${where} can't be read: ${why}.`, {
    hint: `Look at it there. \`tapline state set '${stateId}' --input-file FILE\` replaces it, \`tapline state clear '${stateId}'\` starts over.`,
    cause,
    data: { stateId, where },
  });
}
