import { type SourceLocation, TaplineError } from '../errors.js';
import type { Plugin, Plugins } from '../plugins/types.js';
import type { Project, ProjectWarning, RunStep } from '../project/types.js';
import { describePart, isSinger, type PlanPart, planError, readPart } from './parts.js';
import { LineFault, type RunLine, readRunLine } from './run-line.js';
import {
  checkPipelineInterval,
  checkScopeNames,
  findPipeline,
  findRunStep,
  type NamedPipeline,
  type NamedStep,
} from './scopes.js';
import { type ExpandSuffix, stateIdOf } from './state-id.js';
import type { Block, BlockOptions, ChainBlock, CommandBlock, Plan, PlanGroup, PlanScope, RetryPart } from './types.js';
import { expandJobs } from './words.js';

export interface PlanContext {
  project: Project;
  plugins: Plugins;
  /** For blocks that don't say it themselves. */
  options: BlockOptions;
  expandSuffix: ExpandSuffix;
  /** Expands `$NAME` in the `env:` of steps and pipelines; as it stands where it is left out. */
  expandEnv?: ((text: string) => string) | undefined;
}

/**
 * What the words of `tapline run` mean: pipelines, run steps and jobs expanded, blocks checked and grouped, each chain with its
 * state ID. Nothing has run when this throws. The rules for plugins and jobs are those of Meltano 4.4.1.
 */
export function planRun(words: readonly string[], context: PlanContext): Plan {
  const { project } = context;
  if (project.runSteps.length + project.pipelines.length > 0) checkScopeNames(project);
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
  for (const word of new Set(words)) {
    const pipeline = findPipeline(word, context.project);
    if (pipeline !== undefined) await checkPipelineInterval(pipeline, context.project);
  }
  return planRun(words, context);
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

function pipelineGroups(
  { pipeline, steps, retry, locate }: NamedPipeline,
  id: string,
  context: PlanContext,
  warnings: ProjectWarning[],
): PlanGroup[] {
  const parent: PlanScope = withPlace({ kind: 'pipeline', id, name: pipeline.id }, locate);
  return steps.flatMap((step, index) => {
    const place = { id: `${id}.${index + 1}`, parent, env: pipeline.env, retry };
    return stepGroups(step, place, context, warnings);
  });
}

interface StepPlace {
  id: string;
  parent?: PlanScope;
  env?: Record<string, string>;
  retry?: RetryPart;
}

/** The blocks of a step are numbered through, and its groups reach over its lines. */
function stepGroups(
  { step, timeoutSeconds, locate }: NamedStep,
  { id, parent, env = {}, retry }: StepPlace,
  context: PlanContext,
  warnings: ProjectWarning[],
): PlanGroup[] {
  const { name, jobs, runDir } = step;
  const scope: PlanScope = withPlace({ kind: 'step', id, name, parent, jobs, runDir, timeoutSeconds }, locate);
  const expand = context.expandEnv ?? ((text: string) => text);
  const variables = Object.entries({ ...env, ...step.env }).map(([key, text]) => [key, expand(text)]);
  const shared = { scope, env: Object.fromEntries(variables) as Record<string, string>, retry };
  const drafts = step.commands.flatMap((text, index) => blocksOfLine(text, index, step, shared, context, warnings));
  const blocks = drafts.map((draft, index): Block => Object.assign(draft, { id: `${id}.${index + 1}` }));
  return groupBlocks(blocks, scope);
}

function blocksOfLine(
  text: string,
  index: number,
  { name }: RunStep,
  shared: SharedParts,
  context: PlanContext,
  warnings: ProjectWarning[],
): Draft[] {
  const { project, plugins } = context;
  const locate = () => project.locate(['run_steps', name, 'commands', index]) ?? project.locate(['run_steps', name]);
  const line = readLine(text, name, project, locate);
  if (line.kind === 'run') {
    const retry = { ...shared.retry, ...line.retry };
    return blocksOf({ ...line, ...shared, retry, locate }, context, warnings);
  }
  const part = readPart({ text: line.word, job: undefined, locate }, project, plugins);
  if (isSinger(part.plugin)) {
    throw new TaplineError('RUN_STEP_INVALID', `${capital(describePart(part))} can't be invoked in a run step.`, {
      at: locate(),
      hint: 'Name it with a loader: `run tap target`. `invoke` is for commands such as dbt:run.',
    });
  }
  return [{ ...commandBlock(part), ...shared, args: line.args }];
}

function readLine(text: string, step: string, project: Project, locate: () => SourceLocation | undefined): RunLine {
  try {
    return readRunLine(text, project.environment?.name);
  } catch (error) {
    if (!(error instanceof LineFault)) throw error;
    throw new TaplineError('RUN_STEP_INVALID', `In the run step '${step}', \`${text.trim()}\`: ${error.message}`, {
      at: locate(),
      hint: error.hint,
    });
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

type Draft = Omit<ChainBlock, 'id'> | Omit<CommandBlock, 'id'>;
type SharedParts = Pick<Block, 'scope' | 'env' | 'retry'>;

/** Neighbouring chains may run at once; a plugin command waits for all before it and holds all after it. */
function groupBlocks(blocks: readonly Block[], scope?: PlanScope): PlanGroup[] {
  const groups: PlanGroup[] = [];
  for (const block of blocks) {
    const last = groups.at(-1);
    if (block.kind === 'chain' && last?.blocks[0]?.kind === 'chain') last.blocks.push(block);
    else groups.push(scope === undefined ? { blocks: [block] } : { blocks: [block], scope });
  }
  return groups;
}

/** Words that belong together, with what they say for themselves. */
interface PlanLine extends SharedParts {
  words: readonly string[];
  options?: BlockOptions | undefined;
  locate?: (() => SourceLocation | undefined) | undefined;
}

function blocksOf(line: PlanLine, context: PlanContext, warnings: ProjectWarning[]): Draft[] {
  const { project, plugins } = context;
  const { scope, env, retry } = line;
  const parts = expandJobs(line.words, project, line.locate).map((word) => readPart(word, project, plugins));
  const options = { ...context.options, ...definedOnly(line.options ?? {}) };
  const shared = definedOnly({ scope, env, retry });
  const drafts: Draft[] = [];
  for (let index = 0; index < parts.length; ) {
    const part = parts[index];
    if (!part) break;
    const length = part.plugin.type === 'extractors' ? chainLength(parts, index) : 1;
    const members = parts.slice(index, index + length);
    if (!isSinger(part.plugin)) drafts.push(Object.assign(commandBlock(part), shared));
    else if (part.plugin.type === 'extractors') {
      const draft = chainBlock(members, index === 0, options, env, context, warnings);
      drafts.push(Object.assign(draft, shared));
    } else throw orphan(part, index);
    index += length;
  }
  return drafts;
}

/** From an extractor over mappings to the first loader. Throws BLOCK_ORDER where something else comes between. */
function chainLength(parts: readonly PlanPart[], start: number): number {
  for (let index = start + 1; index < parts.length; index += 1) {
    const part = parts[index];
    if (part?.plugin.type === 'loaders') return index - start + 1;
    if (part && part.plugin.type !== 'mappers') throw noLoaderBetween(parts, start, part);
  }
  throw noLoader(parts, start);
}

function chainBlock(
  members: readonly PlanPart[],
  first: boolean,
  options: BlockOptions,
  env: Readonly<Record<string, string>> | undefined,
  { project, expandSuffix }: PlanContext,
  warnings: ProjectWarning[],
): Draft {
  const tap = members[0] as PlanPart;
  const target = members.at(-1) as PlanPart;
  const mappers = members.slice(1, -1);
  for (const mapper of mappers) checkMapping(mapper, first, warnings);
  for (const member of members) if (member.command !== undefined) warnings.push(ignoredCommand(member));
  const stateId = stateIdOf(project, tap.plugin, target.plugin, options.stateIdSuffix, expandSuffix, env);
  const draft = {
    kind: 'chain' as const,
    name: members.map(nameOf).join(' '),
    tap: tap.plugin,
    mappers: mappers.map(({ plugin }) => plugin),
    target: target.plugin,
    stateId,
    options: { ...options },
  };
  return withPlace(draft, tap.word.locate);
}

function commandBlock(part: PlanPart): Omit<CommandBlock, 'id'> {
  const { plugin, command, word } = part;
  return withPlace(
    { kind: 'command' as const, name: nameOf(part), plugin, command, args: [] as string[] },
    word.locate,
  );
}

function nameOf({ plugin, command }: PlanPart): string {
  return plugin.mapping ?? (isSinger(plugin) || command === undefined ? plugin.name : `${plugin.name}:${command}`);
}

/** The place is looked up only when somebody asks: to find it the project is parsed anew. */
function withPlace<T extends object>(draft: T, locate: (() => SourceLocation | undefined) | undefined): T {
  if (locate === undefined) return draft;
  return Object.defineProperty(draft, 'at', { enumerable: true, configurable: true, get: locate });
}

/** A mapper's own name says not which of its mappings is meant. The original refuses it in the first chain only. */
function checkMapping(part: PlanPart, first: boolean, warnings: ProjectWarning[]): void {
  const { plugin, word } = part;
  if (plugin.mapping !== undefined) return;
  const names = plugin.mappings.map((mapping) => `'${mapping.name}'`).join(', ');
  const hint =
    names === '' ? `Add mappings: to '${plugin.name}', and name one.` : `Name one of its mappings: ${names}.`;
  if (first) {
    throw planError(
      'BLOCK_ORDER',
      word,
      `Expected unique mappings name not the mapper plugin name: ${plugin.name}.`,
      hint,
    );
  }
  const message = `'${plugin.name}' is a mapper, not a mapping: it runs with its own config only.`;
  warnings.push({ code: 'BLOCK_ORDER', message, hint, at: word.locate?.() });
}

function ignoredCommand({ word, plugin, command }: PlanPart): ProjectWarning {
  return {
    code: 'BLOCK_ORDER',
    message: `The command '${command}' of '${plugin.name}' is ignored: in a chain plugins run without commands.`,
    hint: `Write '${plugin.name}', or use \`tapline invoke ${word.text}\`.`,
    at: word.locate?.(),
  };
}

function noLoader(parts: readonly PlanPart[], start: number): TaplineError {
  const tap = parts[start] as PlanPart;
  const message = `Loader missing in block set: nothing takes what ${describePart(tap)} gives.`;
  return planError('BLOCK_ORDER', tap.word, message, `Name a loader after it: ${tap.word.text} target-...`);
}

function noLoaderBetween(parts: readonly PlanPart[], start: number, found: PlanPart): TaplineError {
  const tap = parts[start] as PlanPart;
  const message = `Bad block sequence at index ${start + 1}, starting block '${tap.plugin.name}': a mapping or a loader must follow, not ${describePart(found)}.`;
  return planError('BLOCK_ORDER', tap.word, message, `Order: extractor, mappings, loader; then '${found.word.text}'.`);
}

/** A loader or a mapping with no extractor before it. */
function orphan(part: PlanPart, index: number): TaplineError {
  const message = `Bad block sequence at index ${index + 1}, starting block '${nameOf(part)}': ${describePart(part)} has no extractor before it.`;
  return planError('BLOCK_ORDER', part.word, message, 'Order: extractor, mappings, loader.');
}

function definedOnly<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** All plugins of a plan, each once, in order: what has to be installed. */
export function pluginsOf(plan: Plan): Plugin[] {
  const blocks = plan.groups.flatMap((group) => group.blocks);
  const all = blocks.flatMap((block) =>
    block.kind === 'chain' ? [block.tap, ...block.mappers, block.target] : [block.plugin],
  );
  return [...new Set(all)];
}
