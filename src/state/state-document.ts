/** state.json in the original's form, as file and object stores keep it. */
import { pythonJson } from '../python-json.js';
import { isMap } from '../values.js';
import type { StateVersion, WrappedState } from './port.js';
import { isWrapped, parseOrFail, unreadable } from './state-text.js';

export interface Halves {
  completed: WrappedState;
  partial: WrappedState;
}

/** One line, without a line end, as the original writes it. */
export function stateText({ completed, partial }: Halves): string {
  return pythonJson({ completed, partial });
}

/** Throws STATE_UNREADABLE with the path. */
export function parseStateText(text: string, path: string, stateId: string): Halves {
  return parseStateMap(text, path, stateId).halves;
}

/** The halves, and all other keys beside them. */
export function parseStateMap(
  text: string,
  path: string,
  stateId: string,
): { halves: Halves; rest: Record<string, unknown> } {
  const value = parseOrFail(text, path, stateId);
  if (!isMap(value)) throw unreadable(path, stateId, 'it is not a JSON object');
  const { completed, partial, ...rest } = value;
  return { halves: { completed: half(completed, path, stateId), partial: half(partial, path, stateId) }, rest };
}

function half(value: unknown, path: string, stateId: string): WrappedState {
  if (value === undefined || value === null) return {};
  if (!isWrapped(value))
    throw unreadable(path, stateId, '`completed` and `partial` must be maps with a `singer_state` map in them');
  return value;
}

export function versionText(
  version: Omit<StateVersion, 'stateId' | 'version'> & { token?: number | undefined },
): string {
  const { runId, savedAt, mode, token, completed, partial } = version;
  return pythonJson({ saved_at: savedAt.toISOString(), run_id: runId, mode, token, completed, partial });
}

/** Undefined if it is unreadable, so that the other versions can still be shown. */
export function parseVersion(text: string, path: string, stateId: string, version: number): StateVersion | undefined {
  try {
    const { halves, rest } = parseStateMap(text, path, stateId);
    return {
      stateId,
      version,
      savedAt: new Date(String(rest.saved_at)),
      runId: typeof rest.run_id === 'string' ? rest.run_id : undefined,
      mode: rest.mode as StateVersion['mode'],
      ...halves,
    };
  } catch {
    return undefined;
  }
}
