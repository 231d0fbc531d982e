/**
 * A chain: the processes of one extract-load block, joined by links. Everything between "these programs, with
 * these arguments" and "this is how it ended, and this is the state" happens here.
 *
 *   starting --all started--> running --the tap ends--> draining --the target ends--> done
 *                                |  '--stop()--> stopping: TERM to the tap, then as above, with a time limit
 *                                '--a target or mapper fails--> failing: 2 s, TERM, 5 s, KILL --> done
 */
import { ChainRun } from './chain/chain-run.js';
import type { ChainHooks, ChainSpec, RunningChain } from './chain/types.js';

export type * from './chain/types.js';

/** Starts all processes of a chain; what comes of it is in `done`. */
export function startChain(spec: ChainSpec, hooks: ChainHooks): RunningChain {
  return new ChainRun(spec, hooks);
}
