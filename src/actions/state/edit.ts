/** Changes to a state by hand: under its lease, so never during a run, and recorded in the history. */
import { closest } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import type { Session } from '../../session/session.js';
import type { StateLease, WrappedState } from '../../state/port.js';
import { type EditOptions, withLease } from './lease.js';
import type { StateHalves } from './parse.js';

/** Replaces a whole state and adds the row that the original adds. */
export async function setState(
  session: Session,
  stateId: string,
  state: WrappedState,
  options?: EditOptions,
): Promise<void> {
  const write = async (lease: StateLease): Promise<void> => {
    await options?.check?.();
    await lease.save({ mode: 'completed', state, edit: true });
  };
  await withLease(session, stateId, write, options);
  const history = await session.history();
  await history.meltanoRuns.stateEdit(stateId, state.singer_state ?? {}, 'completed');
}

/** Saves a state as a partial one over what is kept, and adds the row that the original adds. */
export async function mergeState(session: Session, stateId: string, state: WrappedState): Promise<void> {
  await withLease(session, stateId, (lease) => lease.save({ mode: 'partial', state, edit: true }));
  const history = await session.history();
  await history.meltanoRuns.stateEdit(stateId, state.singer_state ?? {}, 'partial');
}

/** Replaces both halves of each state, one state after the other. */
export async function importStates(
  session: Session,
  states: readonly (readonly [string, StateHalves])[],
): Promise<void> {
  for (const [stateId, halves] of states) await withLease(session, stateId, (lease) => saveHalves(lease, halves));
}

async function saveHalves(lease: StateLease, { completed, partial }: StateHalves): Promise<void> {
  await lease.save({ mode: 'completed', state: completed, edit: true });
  if (Object.keys(partial).length > 0) await lease.save({ mode: 'partial', state: partial, edit: true });
}

/** Saves both halves of an older version again; if it was empty, clears the state. The current state stays as a version. */
export async function rollbackState(
  session: Session,
  stateId: string,
  { completed, partial }: StateHalves,
  options?: EditOptions,
): Promise<void> {
  const backend = await session.state();
  const isEmpty = Object.keys(completed).length === 0 && Object.keys(partial).length === 0;
  const write = async (lease: StateLease): Promise<void> => {
    if (isEmpty) await backend.clear(lease);
    else await saveHalves(lease, { completed, partial });
  };
  await withLease(session, stateId, write, options);
  const history = await session.history();
  const { mergedView } = await import('../../state/merge.js');
  await history.meltanoRuns.stateEdit(stateId, mergedView({ completed, partial }).singer_state ?? {}, 'completed');
}

/** Replaces a state by what `change` makes of it, under one lease. Returns the new state. */
export async function changeState(
  session: Session,
  stateId: string,
  change: (state: WrappedState) => WrappedState | Promise<WrappedState>,
  options?: EditOptions,
): Promise<WrappedState> {
  const { readState } = await import('./read.js');
  const write = async (lease: StateLease): Promise<WrappedState> => {
    const state = await change(await readState(session, stateId));
    await lease.save({ mode: 'completed', state, edit: true });
    return state;
  };
  const state = await withLease(session, stateId, write, options);
  const history = await session.history();
  await history.meltanoRuns.stateEdit(stateId, state.singer_state ?? {}, 'completed');
  return state;
}

/**
 * Lets `edit` change the text of a state. Throws STATE_NOT_SAVED if a run saved a state meanwhile: the edit must not undo that.
 * Returns whether anything changed.
 */
export async function editStateText(
  session: Session,
  stateId: string,
  edit: (text: string) => string | Promise<string>,
  { force }: Pick<EditOptions, 'force'> = {},
): Promise<boolean> {
  const [{ exactJson }, { readState }, { parseState }] = await Promise.all([
    import('../../singer/exact-json.js'),
    import('./read.js'),
    import('./parse.js'),
  ]);
  const currentText = async () => exactJson(await readState(session, stateId), 2);
  const before = await currentText();
  const after = await edit(`${before}\n`);
  if (after.trim() === '' || after.trim() === before) return false;
  const check = async (): Promise<void> => {
    if ((await currentText()) === before) return;
    throw new TaplineError('STATE_NOT_SAVED', `state '${stateId}' changed while the editor was open`, {
      hint: 'Your edit was not saved. Edit it again.',
    });
  };
  await setState(session, stateId, parseState(after, true), { force, check });
  return true;
}

/** Copies the state of one ID to another. Throws STATE_ID_UNKNOWN. */
export async function copyState(session: Session, from: string, to: string, options?: EditOptions): Promise<void> {
  const { requireState } = await import('./read.js');
  await setState(session, to, await requireState(session, from), options);
}

/** Holds the lease of the source throughout, so that no run can save to it between the copy and the clearing. */
export async function moveState(session: Session, from: string, to: string, options?: EditOptions): Promise<void> {
  if (from === to) throw new TaplineError('USAGE', 'The two state IDs are the same.');
  const backend = await session.state();
  const move = async (lease: StateLease): Promise<void> => {
    await copyState(session, from, to, options);
    await backend.clear(lease);
  };
  await withLease(session, from, move, options);
}

export async function clearState(session: Session, stateId: string, options?: EditOptions): Promise<void> {
  const backend = await session.state();
  await withLease(session, stateId, (lease) => backend.clear(lease), options);
}

/** Clears the states of all IDs and returns these. */
export async function clearAllStates(session: Session, options?: EditOptions): Promise<string[]> {
  const states = await (await session.state()).list();
  for (const { stateId } of states) await clearState(session, stateId, options);
  return states.map(({ stateId }) => stateId);
}

/** Removes the bookmarks of streams and returns their names. Throws STREAM_UNKNOWN if a pattern matches none. */
export async function clearStreams(
  session: Session,
  stateId: string,
  patterns: readonly string[],
  options?: EditOptions,
): Promise<string[]> {
  const [{ bookmarksOf, withoutStreams }, { compilePattern }, { requireState }] = await Promise.all([
    import('../../singer/bookmarks.js'),
    import('../../singer/patterns.js'),
    import('./read.js'),
  ]);
  const clear = async (lease: StateLease): Promise<string[]> => {
    const { singer_state: state = {} } = await requireState(session, stateId);
    const streams = bookmarksOf(state).map(({ stream }) => stream);
    const cleared = new Set<string>();
    for (const pattern of patterns) {
      const found = streams.filter(compilePattern(pattern));
      if (found.length === 0) throw unknownStream(stateId, pattern, streams);
      for (const stream of found) cleared.add(stream);
    }
    const left = withoutStreams(state, (stream) => cleared.has(stream));
    await lease.save({ mode: 'completed', state: { singer_state: left }, edit: true });
    const history = await session.history();
    await history.meltanoRuns.stateEdit(stateId, left, 'completed');
    return [...cleared];
  };
  return withLease(session, stateId, clear, options);
}

function unknownStream(stateId: string, pattern: string, streams: readonly string[]): TaplineError {
  const near = closest(pattern, streams);
  const there = `It has bookmarks of: ${streams.join(', ') || 'no streams'}.`;
  return new TaplineError('STREAM_UNKNOWN', `state '${stateId}' has no bookmark of '${pattern}'`, {
    hint: near === undefined ? there : `Did you mean '${near}'?`,
  });
}
