/** Reads states as the next run would start from them. */
import { TaplineError } from '../../errors.js';
import type { Session } from '../../session/session.js';
import { mergedView } from '../../state/merge.js';
import type { WrappedState } from '../../state/port.js';
import type { StateHalves } from './parse.js';

/** Enough to hide the latency of a remote store. */
const maxParallel = 32;

/** What the next run of an ID would start from: as in the original, an unknown ID has an empty state. */
export async function readState(session: Session, stateId: string): Promise<WrappedState> {
  const state = await (await session.state()).read(stateId);
  return state === undefined ? {} : mergedView(state);
}

/** The same, but throws STATE_ID_UNKNOWN if no state exists. */
export async function requireState(session: Session, stateId: string): Promise<WrappedState> {
  const merged = await readState(session, stateId);
  if (merged.singer_state !== undefined) return merged;
  throw new TaplineError('STATE_ID_UNKNOWN', `no state found for '${stateId}'`, {
    hint: '`tapline state list` shows the IDs that have a state.',
  });
}

/** Both halves of every state, by state ID. */
export async function exportStates(session: Session): Promise<Record<string, StateHalves>> {
  const { default: pLimit } = await import('p-limit');
  const backend = await session.state();
  const limit = pLimit(maxParallel);
  const listed = await backend.list();
  const states = await Promise.all(listed.map(({ stateId }) => limit(() => backend.read(stateId))));
  return Object.fromEntries(
    states.flatMap((state) =>
      state === undefined ? [] : [[state.stateId, { completed: state.completed, partial: state.partial }]],
    ),
  );
}
