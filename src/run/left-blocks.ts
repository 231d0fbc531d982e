/** The blocks that a run and its retries have left to do. */
import type { RunDetail } from '../history/port.js';
import type { Plan } from '../plan/types.js';
import { readRequest } from './run-request.js';
import type { PlannedBlock } from './types.js';

/** IDs of the blocks that any of these runs finished, or knew to be finished. */
export function doneBlocks(runs: readonly RunDetail[]): Set<string> {
  const succeeded = runs.flatMap(({ blockRows }) =>
    blockRows.filter(({ status, kind }) => status === 'success' && (kind === 'chain' || kind === 'command')),
  );
  const known = runs.flatMap(({ options }) => {
    const request = readRequest(options);
    return request === undefined || 'hidden' in request ? [] : request.done;
  });
  return new Set([...succeeded.map(({ blockId }) => blockId), ...known]);
}

/** The plan without the finished blocks; the rest keep their numbers, steps and order. */
export function withoutDone(plan: Plan, done: ReadonlySet<string>): Plan {
  const groups = plan.groups.map((group) => ({ ...group, blocks: group.blocks.filter(({ id }) => !done.has(id)) }));
  return { ...plan, groups: groups.filter(({ blocks }) => blocks.length > 0) };
}

/**
 * How the blocks of a plan differ from those of the earlier run, one per line; empty if they are the same. The arguments of an
 * unfinished block may change, as that may be the fix; other arguments make a finished block a different one.
 */
export function planChanges(
  before: readonly PlannedBlock[],
  now: readonly PlannedBlock[],
  done: ReadonlySet<string>,
): string[] {
  const describe = (block: PlannedBlock) => describeBlock(block, done.has(block.id));
  const old = new Map(before.map((block) => [block.id, block]));
  const gone = before.filter(({ id }) => !now.some((block) => block.id === id));
  return [
    ...now.flatMap((block) => {
      const was = old.get(block.id);
      if (was === undefined) return [`${describe(block)} is new`];
      return describe(was) === describe(block) ? [] : [`${describe(was)} is now ${describe(block)}`];
    }),
    ...gone.map((block) => `${describe(block)} is gone`),
  ];
}

function describeBlock({ id, name, stateId, args }: PlannedBlock, isDone: boolean): string {
  return `block ${id} (${[name, ...(isDone ? args : [])].join(' ')}${stateId === null ? '' : `, state ${stateId}`})`;
}
