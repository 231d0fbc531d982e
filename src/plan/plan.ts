import type { Plugin } from '../plugins/types.js';
import type { Project, ProjectWarning } from '../project/types.js';
import { blocksOf, groupBlocks } from './blocks.js';
import type { PlanContext } from './context.js';
import { checkIntervals, checkNames } from './scope-faults.js';
import { findPipeline, findRunStep, type NamedPipeline, type NamedStep } from './scopes.js';
import { pipelineGroups, stepGroups } from './steps.js';
import type { Block, Plan, PlanGroup } from './types.js';

/**
 * What the words of `tapline run` mean: pipelines, run steps and jobs expanded, blocks checked and grouped, each chain with its
 * state ID. Nothing has run when this throws.
 */
export function planRun(words: readonly string[], context: PlanContext): Plan {
  const { project } = context;
  checkNames(project);
  const warnings: ProjectWarning[] = [];
  let count = 0;
  const nextId = () => String(++count);
  const groups = splitWords(words, project).flatMap((item): PlanGroup[] => {
    if ('pipeline' in item) return pipelineGroups(item.pipeline, nextId(), context, warnings);
    if ('step' in item) return stepGroups(item.step, { id: nextId() }, context, warnings);
    const drafts = blocksOf({ words: item.words }, context, warnings);
    return groupBlocks(drafts.map((draft): Block => Object.assign(draft, { id: nextId() })));
  });
  return { words: [...words], groups, warnings };
}

/** The same, and the intervals of its pipelines checked, for which a parser of cron is loaded. */
export async function planWords(words: readonly string[], context: PlanContext): Promise<Plan> {
  const plan = planRun(words, context);
  await checkIntervals(words, context.project);
  return plan;
}

type PlanItem = { pipeline: NamedPipeline } | { step: NamedStep } | { words: string[] };

/** Names of pipelines and run steps stand for themselves; what is between them belongs together. */
function splitWords(words: readonly string[], project: Project): PlanItem[] {
  const items: PlanItem[] = [];
  for (const word of words) {
    const pipeline = findPipeline(word, project);
    const step = pipeline === undefined ? findRunStep(word, project) : undefined;
    const last = items.at(-1);
    if (pipeline !== undefined) items.push({ pipeline });
    else if (step !== undefined) items.push({ step });
    else if (last !== undefined && 'words' in last) last.words.push(word);
    else items.push({ words: [word] });
  }
  return items;
}

/** All plugins of a plan, each once, in order: what has to be installed. */
export function pluginsOf(plan: Plan): Plugin[] {
  const blocks = plan.groups.flatMap((group) => group.blocks);
  const all = blocks.flatMap((block) =>
    block.kind === 'chain' ? [block.tap, ...block.mappers, block.target] : [block.plugin],
  );
  return [...new Set(all)];
}
