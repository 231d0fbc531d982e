/** State of a project for programs. Edits hold the lease of the state ID, so they never happen during a run. */
import type { EditOptions } from '../actions/state/lease.js';
import type { TransferRequest, TransferResult } from '../actions/state/transfer.js';
import type { Project } from '../project/types.js';
import type { StateListing, WrappedState } from '../state/port.js';
import { type LibraryOptions, withSession } from './session.js';

export type StateEditOptions = LibraryOptions & Pick<EditOptions, 'force'>;

export function listStates(
  project: Project,
  options: LibraryOptions & { pattern?: string } = {},
): Promise<StateListing[]> {
  return withSession(project, options, 'read', async (session) => (await session.state()).list(options.pattern));
}

/** What the next run would start from, in the form `{singer_state: ...}`; `{}` for an unknown ID. */
export async function getState(project: Project, stateId: string, options: LibraryOptions = {}): Promise<WrappedState> {
  const { readState } = await import('../actions/state/read.js');
  return withSession(project, options, 'read', (session) => readState(session, stateId));
}

/** Replaces a state. Throws LEASE_HELD during a run. */
export async function setState(
  project: Project,
  stateId: string,
  state: WrappedState,
  options: StateEditOptions = {},
): Promise<void> {
  const action = await import('../actions/state/edit.js');
  await withSession(project, options, 'write', (session) => action.setState(session, stateId, state, options));
}

/** Replaces a state by what `change` makes of it, and returns that. Throws LEASE_HELD during a run. */
export async function editState(
  project: Project,
  stateId: string,
  change: (state: WrappedState) => WrappedState | Promise<WrappedState>,
  options: StateEditOptions = {},
): Promise<WrappedState> {
  const action = await import('../actions/state/edit.js');
  return withSession(project, options, 'write', (session) => action.changeState(session, stateId, change, options));
}

/** Copies states to another state backend or system database, under the same IDs. */
export async function transferStates(
  project: Project,
  uri: string,
  options: LibraryOptions & Partial<TransferRequest> = {},
): Promise<TransferResult> {
  const action = await import('../actions/state/transfer.js');
  const { stateIds = [], pattern, force = false, onCopied } = options;
  const request = { stateIds, pattern, force, onCopied };
  return withSession(project, options, 'write', (session) => action.transferStates(session, uri, request));
}
