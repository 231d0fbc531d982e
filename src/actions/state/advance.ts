/** After a backfill, sets the chain's own state to that of the last window, so that the next run continues from there. */
import { TaplineError } from '../../errors.js';
import type { WindowRow } from '../../history/port.js';
import type { Session } from '../../session/session.js';
import { parseExactJson } from '../../singer/exact-json.js';
import { mergedView } from '../../state/merge.js';
import { isMap } from '../../values.js';
import { withLease } from './lease.js';

/** Throws STATE_EXISTS if the chain already has a state, unless `force` replaces it. */
export async function refuseExistingState(session: Session, stateId: string, force: boolean): Promise<void> {
  const stored = await (await session.state()).read(stateId);
  if (force || stored === undefined || mergedView(stored).singer_state === undefined) return;
  throw new TaplineError('STATE_EXISTS', `'${stateId}' already has a state, which --advance-state would replace`, {
    hint: 'Use `--force` to replace it; `tapline state history` still shows it afterwards.',
    data: { stateId },
  });
}

/** Saves a new version under the lease of the chain's state ID. Throws STATE_EXISTS, LEASE_HELD, STATE_ID_UNKNOWN. */
export async function advanceState(session: Session, last: WindowRow, force: boolean): Promise<void> {
  const { stateId, key, value } = last;
  const state: unknown = value === undefined ? undefined : parseExactJson(value);
  if (!isMap(state)) {
    throw new TaplineError('STATE_ID_UNKNOWN', `last window (${key}) ended without a state to continue from`, {
      hint: 'The tap or the target prints no state.',
    });
  }
  await withLease(session, stateId, async (lease) => {
    await refuseExistingState(session, stateId, force);
    await lease.save({ mode: 'completed', state: { singer_state: state }, edit: true });
  });
  const history = await session.history();
  await history.meltanoRuns.stateEdit(stateId, state, 'completed');
}
