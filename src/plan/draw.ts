/** A plan as lines of text: what holds what, what runs at once, where state is kept. */
import type { Block, Plan, PlanGroup, PlanScope } from './types.js';

interface Node {
  text: string;
  nodes: Node[];
}

/** `jobs`: how many blocks of a step, or of none, run at once. */
export function drawPlan(plan: Plan, jobs: (scope: PlanScope | undefined) => number): string[] {
  const roots: Node[] = [];
  const known = new Map<PlanScope, Node>();
  const nodesOf = (scope: PlanScope | undefined): Node[] => {
    if (scope === undefined) return roots;
    let node = known.get(scope);
    if (node === undefined) {
      node = { text: scopeLabel(scope), nodes: [] };
      known.set(scope, node);
      nodesOf(scope.parent).push(node);
    }
    return node.nodes;
  };
  for (const group of plan.groups) nodesOf(group.scope).push(...groupNodes(group, jobs(group.scope)));
  return roots.flatMap((root) => [root.text, ...branches(root.nodes, '')]);
}

/** Blocks that may run at once hang under one line that says so. */
function groupNodes({ blocks }: PlanGroup, jobs: number): Node[] {
  const nodes = blocks.map((block): Node => ({ text: blockLabel(block), nodes: [] }));
  const atOnce = Math.min(jobs, blocks.length);
  return atOnce < 2 ? nodes : [{ text: `${atOnce === blocks.length ? 'all' : atOnce} at once`, nodes }];
}

function branches(nodes: readonly Node[], indent: string): string[] {
  return nodes.flatMap((node, index) => {
    const isLast = index === nodes.length - 1;
    const head = `${indent}${isLast ? '└─' : '├─'} ${node.text}`;
    return [head, ...branches(node.nodes, `${indent}${isLast ? '   ' : '│  '}`)];
  });
}

function scopeLabel({ kind, name, timeoutSeconds }: PlanScope): string {
  const limit = timeoutSeconds === undefined ? '' : `, at most ${timeoutSeconds} s`;
  return `${kind} ${name}${limit}`;
}

function blockLabel(block: Block): string {
  if (block.kind === 'command') return [block.name, ...block.args].join(' ');
  const { fullRefresh, noStateUpdate } = block.options;
  const notes = [
    block.stateId === undefined || noStateUpdate ? 'no state' : `state ${block.stateId}`,
    ...(fullRefresh ? ['full refresh'] : []),
  ];
  return `${block.name} (${notes.join(', ')})`;
}
