/**
 * What we leave in state.json behind the original's two keys, which reads those and nothing else:
 *
 *     {"completed": {...}, "partial": {}, "tapline": {"token": 7, "version": 12, "run_id": ...}}
 *
 * - It makes each of our texts one of its own, though the state be the same: an ETag is often no more than a hash.
 * - State and version are written in one request: a version that has no object of its own yet is this one.
 * - Without it the state is the original's, or a person's.
 */
import { pythonJson } from '../../python-json.js';
import { isMap } from '../../values.js';
import type { StateVersion } from '../port.js';
import { type Halves, parseStateMap, stateText } from '../state-document.js';

export interface Stamp {
  /** Of the lease that it was written under. */
  token: number;
  savedAt: Date;
  /** The version that the state is; undefined where we only made the text another one, see leases.ts. */
  version?: number | undefined;
  runId?: string | undefined;
  mode?: StateVersion['mode'] | undefined;
}

const opening = ', "tapline": {';

export function stampedText(halves: Halves, stamp: Stamp): string {
  return appended(stateText(halves), stamp);
}

/** The same state, to the byte, with another token; undefined for a text that can't be read. */
export function withToken(
  text: string,
  path: string,
  stateId: string,
  token: number,
  savedAt: Date,
): string | undefined {
  try {
    const { stamp } = parseStamped(text, path, stateId);
    const start = stamp === undefined ? -1 : text.lastIndexOf(opening);
    const bare = start < 0 ? text.trimEnd() : `${text.slice(0, start)}}`;
    const changed = appended(bare, { savedAt, ...stamp, token });
    const same =
      stateText(parseStamped(changed, path, stateId).halves) === stateText(parseStamped(text, path, stateId).halves);
    return same ? changed : undefined;
  } catch {
    return undefined;
  }
}

/** Throws STATE_UNREADABLE. */
export function parseStamped(
  text: string,
  path: string,
  stateId: string,
): { halves: Halves; stamp: Stamp | undefined } {
  const { halves, rest } = parseStateMap(text, path, stateId);
  const { tapline } = rest;
  if (!isMap(tapline) || typeof tapline.token !== 'number') return { halves, stamp: undefined };
  const { token, version, run_id: runId, mode, saved_at: savedAt } = tapline;
  const stamp: Stamp = {
    token,
    savedAt: new Date(String(savedAt)),
    version: typeof version === 'number' ? version : undefined,
    runId: typeof runId === 'string' ? runId : undefined,
    mode: mode as StateVersion['mode'] | undefined,
  };
  return { halves, stamp };
}

function appended(text: string, { token, version, runId, mode, savedAt }: Stamp): string {
  const stamp = pythonJson({ token, version, run_id: runId, mode, saved_at: savedAt.toISOString() });
  return `${text.slice(0, -1)}${opening}${stamp.slice(1)}}`;
}
