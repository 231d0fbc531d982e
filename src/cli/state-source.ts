/** What the state commands that read one state and write another share. */
import { TaplineError } from '../errors.js';
import type { Session } from '../session.js';
import { mergedView } from '../state/merge.js';
import type { WrappedState } from '../state/port.js';

/** What the next run of an ID would start from. Throws STATE_ID_UNKNOWN where it has none. */
export async function readMergedState(session: Session, stateId: string): Promise<WrappedState> {
  const backend = await session.state();
  const state = await backend.read(stateId);
  const merged = state === undefined ? {} : mergedView(state);
  if (merged.singer_state !== undefined) return merged;
  throw new TaplineError('STATE_ID_UNKNOWN', `no state found for '${stateId}'`, {
    hint: '`tapline state list` shows the IDs that have a state.',
  });
}

/** The time as the original's messages end with it. */
export function stamp(): string {
  return `${new Date().toISOString().slice(0, 19).replace('T', ' ')}+0000`;
}
