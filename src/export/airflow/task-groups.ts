/** The blocks of a plan as tasks, in the order in which `run` would run them. */
import { planRun } from '../../plan/plan.js';
import type { Block, Plan, PlanGroup, PlanScope } from '../../plan/types.js';
import type { BuildContext } from './build-dag.js';
import type { Dag, Task, TaskGroup } from './dag.js';
import { Names } from './names.js';
import { blockWords, chainWords, taskCommand } from './task-command.js';

type Rule = Pick<Dag, 'retries' | 'retryDelaySeconds'>;

/** `rule`: of the whole DAG; a task only says what is otherwise with it. `names`: of what is in no step. */
export function taskGroups(
  { groups }: Plan,
  rule: Rule,
  context: BuildContext,
  names: Names = new Names(),
): TaskGroup[] {
  const steps = new Map<PlanScope | undefined, { id: string | undefined; tasks: Names }>();
  return groups.map((group) => {
    const { scope } = group;
    const step = steps.get(scope) ?? {
      // Airflow takes no dot in the ID of a group.
      id: scope === undefined ? undefined : names.unique(scope.name.replaceAll('.', '_')),
      tasks: new Names(),
    };
    steps.set(scope, step);
    const tasks = new Map(group.blocks.map((block) => [block, taskOf(block, step.tasks, rule, context)]));
    const lanes = lanesOf(group).map((lane) => lane.flatMap((block) => tasks.get(block) ?? []));
    return { stepId: step.id, lanes };
  });
}

/** As many as the step lets run at once. What keeps the same state is in one: it would be refused beside the other. */
function lanesOf({ blocks, scope }: PlanGroup): Block[][] {
  const lanes: Block[][] = [];
  for (const block of blocks) {
    const same = lanes.find((lane) => lane.some((other) => haveOneState(block, other)));
    const isFree = lanes.length < (scope?.jobs ?? Number.POSITIVE_INFINITY);
    const [shortest] = lanes.toSorted((a, b) => a.length - b.length);
    if (same !== undefined) same.push(block);
    else if (isFree || shortest === undefined) lanes.push([block]);
    else shortest.push(block);
  }
  return lanes;
}

function haveOneState(a: Block, b: Block): boolean {
  return a.kind === 'chain' && b.kind === 'chain' && a.stateId !== undefined && a.stateId === b.stateId;
}

function taskOf(block: Block, names: Names, rule: Rule, context: BuildContext): Task {
  // What a chain may hold depends on what precedes it; a task is alone.
  if (block.kind === 'chain') planAlone(chainWords(block), context);
  const { retries, delaySeconds } = block.retry ?? {};
  return {
    id: names.unique(block.name.replaceAll(/[ :]/g, '_')),
    command: taskCommand(context.deployment, blockWords(block)),
    retries: retries === rule.retries ? undefined : retries,
    retryDelaySeconds: delaySeconds === rule.retryDelaySeconds ? undefined : delaySeconds,
    timeoutSeconds: block.scope?.timeoutSeconds,
  };
}

function planAlone(words: readonly string[], { project, plugins }: BuildContext): void {
  planRun(words, { project, plugins, options: {}, expandSuffix: (text) => text });
}
