import { hasCode, TaplineError } from '../../errors.js';
import type { ProcessRow } from '../../history/port.js';
import type { Block, ChainBlock } from '../../plan/types.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import { leaseHeld } from '../../state/lease-errors.js';
import type { HeldLease, Lease, LeaseHolder, StateLease } from '../../state/port.js';
import type { Emit } from '../emit.js';
import { chainOptions, type RunContext } from '../run-context.js';
import type { StopControl } from '../stop-control.js';
import { concurrencyLimits, type SlotsTaken, takeSlots } from './concurrency.js';
import { keepLease, releaseLease } from './lease.js';
import { MeltanoRow } from './meltano-row.js';
import { findLeftProcesses, reclaimProcesses } from './reclaim.js';

/** What a block holds while it runs. */
export interface Claim {
  /** Set for a chain that keeps state. */
  state: { id: string; lease: StateLease; row: MeltanoRow } | undefined;
  /** Slots under `concurrency` limits. */
  slots: Lease[];
}

/** Another run holds what the block needs. */
export interface Busy {
  kind: 'busy';
  for: 'lease' | 'concurrency';
  holder: string;
  error: TaplineError;
}

/**
 * Takes all that a block needs, or nothing; `plugins` are the block's, resolved. Processes that a dead run left behind are ended
 * first. Throws what the stores throw.
 */
export async function takeClaim(
  context: RunContext,
  block: Block,
  plugins: readonly ResolvedPlugin[],
  emit: Emit,
): Promise<{ kind: 'claimed'; claim: Claim } | Busy> {
  const taken = await claimSlots(context, plugins);
  if (taken.kind === 'busy') return taken;
  const slots = taken.leases;
  try {
    const answer = block.kind === 'chain' ? await claimState(context, block, emit) : claimedNothing;
    if (answer.kind === 'claimed') return { kind: 'claimed', claim: { state: answer.state, slots } };
    for (const slot of slots) await releaseLease(slot);
    return answer;
  } catch (error) {
    for (const slot of slots) await releaseLease(slot);
    // A row of the original, unlike a lease, is refused by an error.
    if (hasCode(error, 'LEASE_HELD')) return { kind: 'busy', for: 'lease', holder: error.message, error };
    throw error;
  }
}

/** Renews what the block holds. A lost lease stops the block: from then on another run may write. */
export function keepClaim({ state, slots }: Claim, stop: StopControl, emit: Emit): { stop(): Promise<void> } {
  const lost = (lease: Lease, error: TaplineError): void => {
    if (lease === state?.lease) emit({ type: 'lease.lost', stateId: lease.name, token: lease.token });
    emit({ type: 'warning', code: error.code, message: error.message, hint: error.hint });
    stop.request({ reason: 'lease', second: false });
  };
  state?.row.watch((error) => lost(state.lease, error));
  const leases = state === undefined ? slots : [state.lease, ...slots];
  const kept = leases.map((lease) => keepLease(lease, (error) => lost(lease, error)));
  return {
    stop: async () => {
      for (const lease of kept) await lease.stop();
    },
  };
}

/** Releases everything. */
export async function releaseClaim({ state, slots }: Claim): Promise<void> {
  for (const lease of state === undefined ? slots : [state.lease, ...slots]) await releaseLease(lease);
}

async function claimSlots(
  { world, owner }: RunContext,
  plugins: readonly ResolvedPlugin[],
): Promise<SlotsTaken | Busy> {
  const limits = plugins.flatMap((plugin) => concurrencyLimits(plugin, world.settings));
  if (limits.length === 0) return { kind: 'taken', leases: [] };
  const unique = [...new Map(limits.map((limit) => [limit.name, limit])).values()];
  const taken = await takeSlots(await world.history(), unique, owner);
  if (taken.kind === 'taken') return taken;
  const holder = taken.holder === undefined ? '' : describe(taken.holder);
  const message = `${taken.limit} has reached its \`concurrency\` limit${holder === '' ? '' : `: ${holder}`}`;
  return { kind: 'busy', for: 'concurrency', holder, error: new TaplineError('LEASE_HELD', message) };
}

/** Without an environment and with `--no-state-update` a chain has no lease, no row and no state, as in the original. */
async function claimState(
  context: RunContext,
  block: ChainBlock,
  emit: Emit,
): Promise<{ kind: 'claimed'; state: Claim['state'] } | Busy> {
  const { force = false, noStateUpdate = false } = chainOptions(context, block);
  const { stateId } = block;
  if (stateId === undefined || noStateUpdate) return claimedNothing;
  const { owner, world } = context;
  const [backend, history] = await Promise.all([world.state(), world.history()]);
  const { projectId } = world.project;
  const answer = await backend.leases.acquire(stateId, { owner, projectId, force });
  if (answer.kind === 'held') return heldByOther(answer);
  const { lease, tookFrom } = answer;
  try {
    const deadRun = tookFrom === undefined || tookFrom.reason === 'forced' ? undefined : tookFrom.owner.runId;
    const left = await findLeftProcesses(history, stateId, deadRun);
    const ended = await reclaimProcesses(history, left);
    if (ended > 0) emit({ type: 'log', level: 'warning', message: reclaimed(ended, left) });
    const row = await MeltanoRow.claim(history, stateId, {
      runId: context.options.runId,
      trigger: context.trigger,
      force,
    });
    const { token } = lease;
    if (tookFrom === undefined) emit({ type: 'lease.acquired', stateId, token });
    else emit({ type: 'lease.reclaimed', stateId, token, owner: `${describe(tookFrom)}, ${tookFrom.reason}` });
    return { kind: 'claimed', state: { id: stateId, lease, row } };
  } catch (error) {
    await releaseLease(lease);
    throw error;
  }
}

const claimedNothing = { kind: 'claimed', state: undefined } as const;

function heldByOther(held: HeldLease): Busy {
  return { kind: 'busy', for: 'lease', holder: describe(held.holder), error: leaseHeld(held) };
}

function reclaimed(processes: number, left: readonly ProcessRow[]): string {
  const runs = [...new Set(left.map(({ runId }) => runId))].join(', ');
  return `Ended ${processes === 1 ? 'a process' : `${processes} processes`} that run ${runs} left behind`;
}

function describe({ owner, acquiredAt }: LeaseHolder): string {
  const since =
    acquiredAt instanceof Date ? ` since ${acquiredAt.toISOString().slice(0, 19).replace('T', ' ')} UTC` : '';
  return `run ${owner.runId} (pid ${owner.pid} on ${owner.host}${owner.user ? `, ${owner.user}` : ''})${since}`;
}
