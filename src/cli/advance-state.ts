/** After a backfill: the chain's own state becomes what the last window ended with, so that the next run goes on from there. */
import { TaplineError } from '../errors.js';
import type { WindowRow } from '../history/port.js';
import type { Session } from '../session.js';
import { parseExactJson } from '../singer/exact-json.js';
import { isMap, mergedView } from '../state/merge.js';
import { withLease } from './state-edit.js';

/** Throws STATE_EXISTS where the chain has a state already, unless `force` replaces it. */
export async function refuseExistingState(session: Session, stateId: string, force: boolean): Promise<void> {
  const stored = await (await session.state()).read(stateId);
  if (force || stored === undefined || mergedView(stored).singer_state === undefined) return;
  throw new TaplineError('STATE_EXISTS', `'${stateId}' has a state already, which --advance-state would replace.`, {
    hint: 'With `--force` it is replaced; `tapline state history` then still has it.',
    data: { stateId },
  });
}

/** Under the lease of the chain's state ID, as a version of its own. Throws STATE_EXISTS, LEASE_HELD, STATE_ID_UNKNOWN. */
export async function advanceState(session: Session, last: WindowRow, force: boolean): Promise<void> {
  const { stateId, key, value } = last;
  const state: unknown = value === undefined ? undefined : parseExactJson(value);
  if (!isMap(state)) {
    throw new TaplineError(
      'STATE_ID_UNKNOWN',
      `The last window (${key}) ended without a state, so there is none to go on from.`,
      {
        hint: 'The tap or the target prints none.',
      },
    );
  }
  await withLease(session, stateId, async (lease) => {
    await refuseExistingState(session, stateId, force);
    await lease.save({ mode: 'completed', state: { singer_state: state }, edit: true });
  });
  const history = await session.history();
  await history.meltanoRuns.stateEdit(stateId, state, 'completed');
}
