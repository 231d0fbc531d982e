/** Versions of a state: listing, comparing, returning to one. */
import { TaplineError } from '../../errors.js';
import type { Session } from '../../session/session.js';
import type { JsonMap } from '../../singer/messages.js';
import type { StateChange } from '../../singer/state-diff.js';
import { mergedView } from '../../state/merge.js';
import type { StateVersion, WrappedState } from '../../state/port.js';

/** A state at one moment; `version` is undefined for the current one. */
export interface StatePoint {
  version: number | undefined;
  completed: WrappedState;
  partial: WrappedState;
}

/** Newest first. */
async function readVersions(session: Session, stateId: string, limit?: number): Promise<StateVersion[]> {
  return (await session.state()).versions(stateId, limit);
}

async function readCurrent(session: Session, stateId: string): Promise<StatePoint> {
  const stored = await (await session.state()).read(stateId);
  const { completed = {}, partial = {} } = stored ?? {};
  return { version: undefined, completed, partial };
}

/** What a run at that moment would have started from. */
export function singerStateOf(point: Pick<StatePoint, 'completed' | 'partial'>): JsonMap {
  return mergedView(point).singer_state ?? {};
}

/** The newest version that differs from the current state. Throws STATE_VERSION_UNKNOWN. */
async function previousVersion(session: Session, stateId: string): Promise<StateVersion> {
  const { diffStates } = await import('../../singer/state-diff.js');
  const current = singerStateOf(await readCurrent(session, stateId));
  const versions = await readVersions(session, stateId);
  const found = versions.find((version) => diffStates(singerStateOf(version), current).length > 0);
  if (found !== undefined) return found;
  throw unknownVersion(stateId, `no version of '${stateId}' differs from its current state`, versions);
}

/** Throws STATE_VERSION_UNKNOWN with the versions that exist. */
async function oneVersion(session: Session, stateId: string, version: number): Promise<StateVersion> {
  const versions = await readVersions(session, stateId);
  const found = versions.find((each) => each.version === version);
  if (found !== undefined) return found;
  throw unknownVersion(stateId, `'${stateId}' has no version ${version}`, versions);
}

/** One version by its number; the newest that differs from the current state if no number is given. */
export function chooseVersion(session: Session, stateId: string, version: number | undefined): Promise<StateVersion> {
  return version === undefined ? previousVersion(session, stateId) : oneVersion(session, stateId, version);
}

export interface StateHistory {
  /** Newest first, each with the streams that it changed; undefined means a part of the state that does not belong to a stream. */
  versions: (StateVersion & { changed: (string | undefined)[] })[];
  /** Whether the current state is the newest version. If not, another program has changed it. */
  isNewestCurrent: boolean;
}

export async function readStateHistory(session: Session, stateId: string): Promise<StateHistory> {
  const { diffStates } = await import('../../singer/state-diff.js');
  const versions = await readVersions(session, stateId);
  const current = singerStateOf(await readCurrent(session, stateId));
  const [newest] = versions;
  return {
    isNewestCurrent: newest === undefined || diffStates(singerStateOf(newest), current).length === 0,
    versions: versions.map((version, index) => {
      const before = versions[index + 1];
      const changes = diffStates(before === undefined ? {} : singerStateOf(before), singerStateOf(version));
      return { ...version, changed: changes.map(({ stream }) => stream) };
    }),
  };
}

export interface StateDifference {
  before: StatePoint;
  after: StatePoint;
  changes: StateChange[];
}

/** Compares two versions: by default the last one before the current state, and the current state. */
export async function diffVersions(
  session: Session,
  stateId: string,
  { from, to }: { from?: number | undefined; to?: number | undefined },
): Promise<StateDifference> {
  const { diffStates } = await import('../../singer/state-diff.js');
  const before = await chooseVersion(session, stateId, from);
  const after = to === undefined ? await readCurrent(session, stateId) : await oneVersion(session, stateId, to);
  return { before, after, changes: diffStates(singerStateOf(before), singerStateOf(after)) };
}

function unknownVersion(stateId: string, message: string, versions: readonly StateVersion[]): TaplineError {
  const numbers = versions.map(({ version }) => version);
  return new TaplineError('STATE_VERSION_UNKNOWN', message, {
    hint:
      numbers.length === 0
        ? 'Only states that Tapline writes have versions.'
        : `It has the versions ${numbers.join(', ')}; \`tapline state history ${stateId}\` shows them.`,
  });
}
