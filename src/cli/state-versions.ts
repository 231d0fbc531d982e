/** Reads and chooses versions of a state. */
import { TaplineError } from '../errors.js';
import type { Session } from '../session.js';
import type { JsonMap } from '../singer/messages.js';
import { mergedView } from '../state/merge.js';
import type { StateVersion, WrappedState } from '../state/port.js';

/** A state at one moment; `version` is undefined for the current one. */
export interface StatePoint {
  version: number | undefined;
  completed: WrappedState;
  partial: WrappedState;
}

/** Newest first. */
export async function readVersions(session: Session, stateId: string, limit?: number): Promise<StateVersion[]> {
  return (await session.state()).versions(stateId, limit);
}

export async function readCurrent(session: Session, stateId: string): Promise<StatePoint> {
  const stored = await (await session.state()).read(stateId);
  const { completed = {}, partial = {} } = stored ?? {};
  return { version: undefined, completed, partial };
}

/** What a run at that moment would have started from. */
export function singerStateOf(point: Pick<StatePoint, 'completed' | 'partial'>): JsonMap {
  return mergedView(point).singer_state ?? {};
}

/** The newest version that differs from the current state. Throws STATE_VERSION_UNKNOWN. */
export async function previousVersion(session: Session, stateId: string): Promise<StateVersion> {
  const { diffStates } = await import('../singer/state-diff.js');
  const current = singerStateOf(await readCurrent(session, stateId));
  const versions = await readVersions(session, stateId);
  const found = versions.find((version) => diffStates(singerStateOf(version), current).length > 0);
  if (found !== undefined) return found;
  throw unknownVersion(stateId, `no version of '${stateId}' differs from its current state`, versions);
}

/** Throws STATE_VERSION_UNKNOWN with the versions that exist. */
export async function oneVersion(session: Session, stateId: string, version: number): Promise<StateVersion> {
  const versions = await readVersions(session, stateId);
  const found = versions.find((each) => each.version === version);
  if (found !== undefined) return found;
  throw unknownVersion(stateId, `'${stateId}' has no version ${version}`, versions);
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
