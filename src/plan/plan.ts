import type { Project, ProjectWarning } from '../project/types.js';
import { blocksOf, groupBlocks } from './blocks.js';
import type { PlanContext } from './context.js';
import { checkIntervals, checkNames } from './scope-faults.js';
import { findPipeline, findRunStep, type NamedPipeline, type NamedStep } from './scopes.js';
import { blocksOfWord, expandedEnv, pipelineGroups, stepGroups } from './steps.js';
import type { Block, Plan, PlanGroup } from './types.js';
import { isLine, splitVariables } from './words.js';

/**
 * What the words of `tapline run` mean: pipelines, run steps and jobs expanded, blocks checked and grouped, each chain with its
 * state ID. Nothing has run when this throws.
 */
export function planRun(words: readonly string[], given: PlanContext): Plan {
  const { project } = given;
  checkNames(project);
  const { env, rest } = splitVariables(words);
  const context = { ...given, env: { ...given.env, ...env } };
  const shared = Object.keys(context.env).length === 0 ? {} : { env: expandedEnv(context.env, context) };
  const warnings: ProjectWarning[] = [];
  let count = 0;
  const nextId = () => String(++count);
  const groups = splitWords(rest, project).flatMap((item): PlanGroup[] => {
    if (item.kind === 'pipeline') return pipelineGroups(item.pipeline, nextId(), context, warnings);
    if (item.kind === 'step') return stepGroups(item.step, { id: nextId() }, context, warnings);
    const drafts = item.lines.flatMap((line) =>
      typeof line === 'string'
        ? blocksOfWord(line, shared, context, warnings)
        : blocksOf({ words: line, ...shared }, context, warnings),
    );
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

/** `lines`: a word that is a line by itself, or words that belong together. */
type PlanItem =
  | { kind: 'pipeline'; pipeline: NamedPipeline }
  | { kind: 'step'; step: NamedStep }
  | { kind: 'lines'; lines: (string | string[])[] };

/** Names of pipelines and run steps stand for themselves; what is between them belongs together. */
function splitWords(words: readonly string[], project: Project): PlanItem[] {
  const items: PlanItem[] = [];
  for (const word of words) {
    const pipeline = findPipeline(word, project);
    const step = pipeline === undefined ? findRunStep(word, project) : undefined;
    const last = items.at(-1);
    if (pipeline !== undefined) items.push({ kind: 'pipeline', pipeline });
    else if (step !== undefined) items.push({ kind: 'step', step });
    else if (last?.kind === 'lines') addWord(last.lines, word);
    else items.push({ kind: 'lines', lines: [isLine(word) ? word : [word]] });
  }
  return items;
}

function addWord(lines: (string | string[])[], word: string): void {
  const last = lines.at(-1);
  if (isLine(word)) lines.push(word);
  else if (Array.isArray(last)) last.push(word);
  else lines.push([word]);
}
