/** Copies states from one backend to another. Nothing is removed, and a state that differs is replaced only with `force`. */
import { randomUUID } from 'node:crypto';
import pLimit from 'p-limit';
import { hasCode, TaplineError } from '../../errors.js';
import type { Session } from '../../session/session.js';
import { patternMatcher } from '../../state/merge.js';
import { currentOwner } from '../../state/owner.js';
import type { StateBackend } from '../../state/port.js';
import { type Halves, stateText } from '../../state/state-document.js';
import { heldByRun } from './lease.js';

export interface TransferRequest {
  /** These states, or all of them if empty, as far as they match `pattern`. */
  stateIds: readonly string[];
  pattern: string | undefined;
  /** Replaces what differs in the destination, whichever project it belongs to. */
  force: boolean;
  /** Called for each state once it is in the destination. */
  onCopied?: ((stateId: string) => void) | undefined;
}

interface Transfer extends TransferRequest {
  from: StateBackend;
  to: StateBackend;
  /** If given, states in the destination must belong to this project. */
  projectId: string | undefined;
}

/** `same`: the destination has it already. */
type Outcome = 'copied' | 'same' | 'differing' | 'unreadable';

export type TransferResult = Record<Outcome, string[]> & {
  /** Where the states were copied to. */
  location: string;
};

/** Enough to hide the latency of a remote store. */
const maxParallel = 16;

/**
 * Copies states to the backend or system database at `uri`. Each state is written under its lease there. Throws STATE_ID_UNKNOWN
 * before anything is written.
 */
export async function transferStates(session: Session, uri: string, request: TransferRequest): Promise<TransferResult> {
  const [from, to] = [await session.state(), await session.stateAt(uri)];
  if (from.kind === to.kind && from.location === to.location)
    throw new TaplineError('USAGE', `states are already kept in ${from.location}`);
  return transferAll({ ...request, from, to, projectId: request.force ? undefined : session.project.projectId });
}

async function transferAll(transfer: Transfer): Promise<TransferResult> {
  const limit = pLimit(maxParallel);
  const { location } = transfer.to;
  const result: TransferResult = { location, copied: [], same: [], differing: [], unreadable: [] };
  let failure: { error: unknown } | undefined;
  const copy = async (stateId: string) => {
    // After a failure, transfers that have begun finish, and no others start.
    if (failure !== undefined) return;
    try {
      result[await transferState(transfer, stateId)].push(stateId);
    } catch (error) {
      failure ??= { error };
    }
  };
  const stateIds = await chosenIds(transfer);
  await Promise.all(stateIds.map((stateId) => limit(() => copy(stateId))));
  if (failure !== undefined) throw failure.error;
  return result;
}

async function chosenIds({ from, stateIds, pattern }: Transfer): Promise<string[]> {
  if (stateIds.length === 0) return (await from.list(pattern)).map(({ stateId }) => stateId);
  const chosen = stateIds.filter(patternMatcher(pattern));
  const listed = new Set((await from.list()).map(({ stateId }) => stateId));
  const missing = chosen.find((stateId) => !listed.has(stateId));
  if (missing === undefined) return chosen;
  throw new TaplineError('STATE_ID_UNKNOWN', `no state found for '${missing}'`, {
    hint: '`tapline state list` shows the IDs that have a state.',
  });
}

async function transferState({ from, to, force, projectId, onCopied }: Transfer, stateId: string): Promise<Outcome> {
  const source = await readIfReadable(from, stateId);
  if (source === 'unreadable') return source;
  // The state was cleared after it was listed.
  if (source === 'none') return 'same';
  if (isSame(source, await readIfReadable(to, stateId))) return 'same';
  const owner = await currentOwner(randomUUID());
  const answer = await to.leases.acquire(stateId, { owner, projectId });
  if (answer.kind === 'held') throw heldByRun(answer);
  const { lease } = answer;
  try {
    const there = await readIfReadable(to, stateId);
    if (isSame(source, there)) return 'same';
    if (there !== 'none' && !force) return 'differing';
    await lease.save({ mode: 'completed', state: source.completed, edit: true });
    const isPartial = Object.keys(source.partial).length > 0;
    if (isPartial) await lease.save({ mode: 'partial', state: source.partial, edit: true });
    onCopied?.(stateId);
    return 'copied';
  } finally {
    await lease.release();
  }
}

async function readIfReadable(backend: StateBackend, stateId: string): Promise<Halves | 'none' | 'unreadable'> {
  try {
    return (await backend.read(stateId)) ?? 'none';
  } catch (error) {
    if (hasCode(error, 'STATE_UNREADABLE')) return 'unreadable';
    throw error;
  }
}

function isSame(source: Halves, there: Halves | 'none' | 'unreadable'): boolean {
  return typeof there === 'object' && stateText(there) === stateText(source);
}
