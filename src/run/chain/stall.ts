import { TaplineError } from '../../errors.js';
import type { Member } from './member.js';
import type { Tally } from './tally.js';
import type { Timers } from './timers.js';

/** Calls `onStall` once if no byte moves over any link for `seconds`. */
export function watchForStall(
  seconds: number,
  { tally, members, timers }: { tally: Tally; members: readonly Member[]; timers: Timers },
  onStall: (error: TaplineError) => void,
): void {
  let moved = -1;
  let since = performance.now();
  let stalled = false;
  timers.every(Math.min(1_000, seconds * 250), () => {
    const now = tally.moved();
    if (now !== moved) {
      moved = now;
      since = performance.now();
    } else if (!stalled && performance.now() - since >= seconds * 1_000) {
      stalled = true;
      onStall(stallFailure(seconds, tally, members));
    }
  });
}

/** Names the process that the chain waits for: the last one that does not read, else the first one that still runs. */
function stallFailure(seconds: number, { links }: Tally, members: readonly Member[]): TaplineError {
  const blocked = links.findLastIndex((link) => link.blocked);
  const silent = blocked === -1 ? members.find(({ child }) => child.running) : members[blocked + 1];
  const plugin = silent?.spec.plugin ?? 'no process';
  const what = blocked === -1 ? 'was silent' : 'did not read';
  return new TaplineError('PROCESS_STALLED', `no data moved for ${seconds} s: ${plugin} ${what}`, {
    hint: 'Its last lines of output may say what it waits for. The limit is `stall_timeout`.',
    data: { plugin, role: silent?.spec.role, lastLines: [...(silent?.child.lastLines ?? [])] },
  });
}
