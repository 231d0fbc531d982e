/** Changes to a state by hand: under its lease, so never during a run, and recorded in the history. */
import { closest } from '../did-you-mean.js';
import { TaplineError } from '../errors.js';
import type { Session } from '../session.js';
import { parseExactJson } from '../singer/exact-json.js';
import { isMap } from '../state/merge.js';
import type { StateLease, WrappedState } from '../state/port.js';

export interface EditOptions {
  /** Also edits a state of another project, which keeps it. A run's lease is never taken over: the run would save over the edit. */
  force?: boolean | undefined;
  /** Called under the lease; if it throws, nothing is written. */
  check?: (() => Promise<void>) | undefined;
}

/** Holds the lease of a state ID while `work` changes it. Throws LEASE_HELD if a run holds it, and STATE_OF_OTHER_PROJECT. */
export async function withLease<T>(
  session: Session,
  stateId: string,
  work: (lease: StateLease) => Promise<T>,
  { force = false }: EditOptions = {},
): Promise<T> {
  const [{ currentOwner }, { randomUUID }, backend] = await Promise.all([
    import('../state/owner.js'),
    import('node:crypto'),
    session.state(),
  ]);
  const owner = await currentOwner(randomUUID());
  const projectId = force ? undefined : session.project.projectId;
  const { lease } = await backend.leases.acquire(stateId, { owner, projectId }).catch(heldByRun);
  try {
    return await work(lease);
  } finally {
    await lease.release();
  }
}

/** An edit can't wait for a lease or take it over as a run can, so its hint differs. */
export function heldByRun(error: unknown): never {
  if (!(error instanceof TaplineError) || error.code !== 'LEASE_HELD') throw error;
  throw new TaplineError('LEASE_HELD', error.message, {
    hint: 'Wait until that run has ended, or stop it. `tapline lease release` frees a lease that no run uses any more.',
    cause: error,
    data: error.data,
  });
}

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

/** The two halves of a state, as `state export` prints them. */
export interface StateHalves {
  completed: WrappedState;
  partial: WrappedState;
}

/** Replaces both halves of a state. */
export async function importState(
  session: Session,
  stateId: string,
  { completed, partial }: StateHalves,
): Promise<void> {
  await withLease(session, stateId, async (lease) => {
    await lease.save({ mode: 'completed', state: completed, edit: true });
    if (Object.keys(partial).length > 0) await lease.save({ mode: 'partial', state: partial, edit: true });
  });
}

/** Saves both halves of an older version again; if it was empty, clears the state. */
export async function returnToState(
  session: Session,
  stateId: string,
  { completed, partial }: StateHalves,
  options?: EditOptions,
): Promise<void> {
  const backend = await session.state();
  const isEmpty = Object.keys(completed).length === 0 && Object.keys(partial).length === 0;
  const write = async (lease: StateLease): Promise<void> => {
    if (isEmpty) return void (await backend.clear(lease));
    await lease.save({ mode: 'completed', state: completed, edit: true });
    if (Object.keys(partial).length > 0) await lease.save({ mode: 'partial', state: partial, edit: true });
  };
  await withLease(session, stateId, write, options);
  const history = await session.history();
  const { mergedView } = await import('../state/merge.js');
  await history.meltanoRuns.stateEdit(stateId, mergedView({ completed, partial }).singer_state ?? {}, 'completed');
}

/** Removes the bookmarks of streams and returns their names. Throws STREAM_UNKNOWN if a pattern matches none. */
export async function clearStreams(
  session: Session,
  stateId: string,
  patterns: readonly string[],
  options?: EditOptions,
): Promise<string[]> {
  const [{ bookmarksOf, withoutStreams }, { compilePattern }, { readMergedState }] = await Promise.all([
    import('../singer/bookmarks.js'),
    import('../singer/patterns.js'),
    import('./state-source.js'),
  ]);
  const clear = async (lease: StateLease): Promise<string[]> => {
    const { singer_state: state = {} } = await readMergedState(session, stateId);
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
