import { TaplineError } from '../errors.js';
import { quoteShellWord } from '../shell-words.js';
import type { HeldLease, LeaseHolder } from './port.js';

/** The error for a run that cannot wait for the lease. */
export function leaseHeld({ holder, now }: HeldLease): TaplineError {
  const heard = ago(holder.heartbeatAt, now);
  const message = `${holder.name} is in use: held by ${describeOwner(holder)} since ${readableTime(holder.acquiredAt)}, last heartbeat ${heard}.`;
  return new TaplineError('LEASE_HELD', message, {
    hint:
      'Wait for it with `--if-running wait`, or take it over with `--force` (the other run then stops at its next write). ' +
      `\`tapline lease release ${quoteShellWord(holder.name)}\` releases it if that run is dead.`,
    data: { holder },
  });
}

export function stateOfOtherProject(name: string, other: string, own: string): TaplineError {
  return new TaplineError(
    'STATE_OF_OTHER_PROJECT',
    `${name} belongs to another project: it was last run for project_id ${other}, this project is ${own}.`,
    {
      hint: 'Two projects share this store and the state ID: give one of them another `state_id_suffix` or environment name. If it is the same project with a new project_id, `tapline run` with `--force` takes the state over.',
      data: { name, projectId: other, own },
    },
  );
}

/** `holder`: the current holder, if any. `takenOver`: another run has held the lease since, and may have written before it released it. */
export function leaseLost(
  name: string,
  token: number,
  { holder, takenOver }: { holder: LeaseHolder | undefined; takenOver: boolean },
): TaplineError {
  const gone = takenOver ? 'Another run took it over and has ended' : 'It was released';
  const who =
    holder === undefined ? gone : `It was taken over by ${describeOwner(holder)} at ${readableTime(holder.acquiredAt)}`;
  return new TaplineError('LEASE_LOST', `The lease on ${name} is lost: nothing more may be written. ${who}.`, {
    hint: 'What this run has saved is kept; the next run continues from there.',
    data: { name, token, takenOver, ...(holder === undefined ? {} : { holder }) },
  });
}

export function leaseUnknown(name: string): TaplineError {
  return new TaplineError('LEASE_UNKNOWN', `No run holds a lease on ${name}.`, {
    hint: '`tapline lease list` shows all leases.',
    data: { name },
  });
}

function describeOwner({ owner }: LeaseHolder): string {
  const command = owner.command === '' ? '' : `, \`${owner.command}\``;
  return `${owner.user || 'somebody'} on ${owner.host} (pid ${owner.pid}${command})`;
}

function readableTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function ago(time: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - time.getTime()) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}
