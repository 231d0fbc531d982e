/** Reads states that people write or that `state get` and `state export` printed. */
import { TaplineError } from '../../errors.js';
import { parseExactJson } from '../../singer/exact-json.js';
import type { WrappedState } from '../../state/port.js';
import { isMap } from '../../values.js';

/** The two halves of a state, as `state export` prints them. */
export interface StateHalves {
  completed: WrappedState;
  partial: WrappedState;
}

/** Reads what `state export` prints. Throws STATE_INVALID if any of the states is invalid. */
export function parseExport(text: string): [string, StateHalves][] {
  const states = parse(text);
  if (!isMap(states)) throw invalid('Expected a JSON object with the states by their IDs.');
  return Object.entries(states).map(([stateId, halves]) => {
    const { completed = {}, partial = {} } = isMap(halves) ? halves : { completed: undefined };
    if (!isMap(halves) || !isMap(completed) || !isMap(partial)) {
      throw invalid(`The value of '${stateId}' is not an object with 'completed' and 'partial'.`);
    }
    return [stateId, { completed, partial }];
  });
}

/** Reads a state as `state get` prints it. Throws STATE_INVALID. */
export function parseState(text: string, validate: boolean): WrappedState {
  const state = parse(text);
  if (!isMap(state)) throw invalid('It must be a JSON object.');
  if (validate && !isMap(state.singer_state)) {
    throw invalid(
      "It must have a top-level 'singer_state' key with an object in it.",
      'Use --no-validate to bypass this check.',
    );
  }
  return state;
}

function parse(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch (error) {
    throw invalid(`Invalid JSON provided: ${error instanceof Error ? error.message : error}.`);
  }
}

function invalid(why: string, hint?: string): TaplineError {
  const example = `A state looks like {"singer_state": {"bookmarks": {...}}}.`;
  return new TaplineError('STATE_INVALID', `Invalid state format. ${why}`, {
    hint: hint === undefined ? example : `${example} ${hint}`,
  });
}
