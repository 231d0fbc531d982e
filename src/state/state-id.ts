import { TaplineError } from '../errors.js';

/** The length of the original's column `state_id`. */
const maxIdLength = 900;

/** Throws STATE_ID_INVALID for what no store can keep; a store with stricter rules adds its own. */
export function checkStateId(stateId: string): void {
  if (stateId === '') throw invalidStateId(stateId, 'it is empty');
  if (hasControlCharacter(stateId)) throw invalidStateId(stateId, 'it contains a control character');
  if (stateId.length > maxIdLength) throw invalidStateId(stateId, `it is longer than ${maxIdLength} characters`);
}

export function invalidStateId(stateId: string, why: string): TaplineError {
  const shown = JSON.stringify(stateId.length > 80 ? `${stateId.slice(0, 77)}...` : stateId);
  return new TaplineError('STATE_ID_INVALID', `${shown} can't be a state ID: ${why}.`, {
    hint: 'A state ID consists of the names of environment, extractor and loader, and a suffix: dev:tap-x-to-target-y:suffix.',
    data: { stateId },
  });
}

function hasControlCharacter(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 32 || code === 127) return true;
  }
  return false;
}
