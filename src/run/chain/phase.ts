/**
 * Where a chain stands, with what is known in each phase:
 *
 *   starting --all started--> running --the target ends--> (its outcome)
 *       '--------------------------|--stop()--> stopping: TERM to the tap, then it drains, with a time limit
 *                                  |--a failure--> failing: 2 s, TERM, 5 s, KILL
 *                                  '--kill()--> killed: KILL
 *
 * A chain that is stopping can still fail, and one that is failing can still be stopped; the first cause and the first
 * reason stay. Nothing follows `killed` but its outcome.
 */
import type { TaplineError } from '../../errors.js';
import type { StopReason } from '../stop-control.js';

/** What failed first: a process, judged at the end, or an error that shows in no exit code. */
export type Cause = 'process' | TaplineError;

export type Phase = {
  /** The tap ended before the chain was stopped. */
  tapEnded: boolean;
} & (
  | { kind: 'starting' }
  | { kind: 'running' }
  | { kind: 'stopping'; reason: StopReason }
  | { kind: 'failing'; cause: Cause; reason: StopReason | undefined }
  | { kind: 'killed'; reason: StopReason; cause: Cause | undefined }
);

export const starting: Phase = { kind: 'starting', tapEnded: false };

export function started(phase: Phase): Phase {
  return phase.kind === 'starting' ? { ...phase, kind: 'running' } : phase;
}

export function stopped(phase: Phase, reason: StopReason): Phase {
  const { tapEnded } = phase;
  if (phase.kind === 'failing') return { ...phase, reason: phase.reason ?? reason };
  return reasonOf(phase) === undefined ? { kind: 'stopping', tapEnded, reason } : phase;
}

export function failed(phase: Phase, cause: Cause): Phase {
  const { tapEnded } = phase;
  if (causeOf(phase) !== undefined) return phase;
  if (phase.kind === 'killed') return { ...phase, cause };
  return { kind: 'failing', tapEnded, cause, reason: reasonOf(phase) };
}

export function killed(phase: Phase): Phase {
  const { tapEnded } = phase;
  return { kind: 'killed', tapEnded, reason: reasonOf(phase) ?? 'signal', cause: causeOf(phase) };
}

/** The first reason for which the chain was stopped or killed. */
export function reasonOf(phase: Phase): StopReason | undefined {
  return phase.kind === 'starting' || phase.kind === 'running' ? undefined : phase.reason;
}

export function causeOf(phase: Phase): Cause | undefined {
  return phase.kind === 'failing' || phase.kind === 'killed' ? phase.cause : undefined;
}
