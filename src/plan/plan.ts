import { TaplineError } from '../errors.js';
import type { Plugin, Plugins } from '../plugins/types.js';
import type { Project, ProjectWarning } from '../project/types.js';
import { describePart, isSinger, type PlanPart, planError, readPart } from './parts.js';
import { type ExpandSuffix, stateIdOf } from './state-id.js';
import type { Block, BlockOptions, Plan } from './types.js';
import { expandJobs, type PlanWord } from './words.js';

export interface PlanContext {
  project: Project;
  plugins: Plugins;
  /** For blocks that don't say it themselves. */
  options: BlockOptions;
  expandSuffix: ExpandSuffix;
}

/** Words that belong together, with options of their own: the command line, or one line of a run step. */
export interface PlanLine {
  words: readonly string[];
  options?: BlockOptions | undefined;
  /** For a line that is one plugin command: further arguments of it. */
  args?: readonly string[] | undefined;
}

/**
 * What the words of `tapline run` mean: jobs expanded, blocks checked and grouped, each chain with its state ID. Nothing has
 * run when this throws. The rules are those of Meltano 4.4.1.
 */
export function planRun(words: readonly string[], context: PlanContext): Plan {
  return planLines([{ words }], context);
}

/** The same for several lines; blocks are numbered through, and groups reach over lines. */
export function planLines(lines: readonly PlanLine[], context: PlanContext): Plan {
  const warnings: ProjectWarning[] = [];
  const drafts = lines.flatMap((line) => blocksOf(line, context, warnings));
  const blocks = drafts.map((draft, index): Block => Object.assign(draft, { id: String(index + 1) }));
  return { words: lines.flatMap(({ words }) => [...words]), groups: groupBlocks(blocks), warnings };
}

type Draft = Omit<Extract<Block, { kind: 'chain' }>, 'id'> | Omit<Extract<Block, { kind: 'command' }>, 'id'>;

/** Neighbouring chains may run at once; a plugin command waits for all before it and holds all after it. */
function groupBlocks(blocks: readonly Block[]): Plan['groups'] {
  const groups: Plan['groups'] = [];
  for (const block of blocks) {
    const last = groups.at(-1);
    if (block.kind === 'chain' && last?.blocks[0]?.kind === 'chain') last.blocks.push(block);
    else groups.push({ blocks: [block] });
  }
  return groups;
}

function blocksOf(line: PlanLine, context: PlanContext, warnings: ProjectWarning[]): Draft[] {
  const { project, plugins } = context;
  const parts = expandJobs(line.words, project).map((word) => readPart(word, project, plugins));
  const options = { ...context.options, ...definedOnly(line.options ?? {}) };
  const drafts: Draft[] = [];
  for (let index = 0; index < parts.length; ) {
    const part = parts[index];
    if (!part) break;
    const length = part.plugin.type === 'extractors' ? chainLength(parts, index) : 1;
    const members = parts.slice(index, index + length);
    if (!isSinger(part.plugin)) drafts.push(commandBlock(part));
    else if (part.plugin.type === 'extractors')
      drafts.push(chainBlock(members, index === 0, options, context, warnings));
    else throw orphan(part, index);
    index += length;
  }
  return withArguments(drafts, line.args ?? []);
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
  { project, expandSuffix }: PlanContext,
  warnings: ProjectWarning[],
): Draft {
  const tap = members[0] as PlanPart;
  const target = members.at(-1) as PlanPart;
  const mappers = members.slice(1, -1);
  for (const mapper of mappers) checkMapping(mapper, first, warnings);
  for (const member of members) if (member.command !== undefined) warnings.push(ignoredCommand(member));
  const stateId = stateIdOf(project, tap.plugin, target.plugin, options.stateIdSuffix, expandSuffix);
  const draft = {
    kind: 'chain' as const,
    name: members.map(nameOf).join(' '),
    tap: tap.plugin,
    mappers: mappers.map(({ plugin }) => plugin),
    target: target.plugin,
    stateId,
    options: { ...options },
  };
  return withPlace(draft, tap.word);
}

function commandBlock(part: PlanPart): Draft {
  const { plugin, command, word } = part;
  return withPlace({ kind: 'command' as const, name: nameOf(part), plugin, command, args: [] as string[] }, word);
}

function nameOf({ plugin, command }: PlanPart): string {
  return plugin.mapping ?? (isSinger(plugin) || command === undefined ? plugin.name : `${plugin.name}:${command}`);
}

/** The place is looked up only when somebody asks: to find it the project is parsed anew. */
function withPlace<T extends object>(draft: T, word: PlanWord): T {
  if (word.job === undefined) return draft;
  return Object.defineProperty(draft, 'at', { enumerable: true, configurable: true, get: () => word.locate() });
}

function withArguments(drafts: Draft[], args: readonly string[]): Draft[] {
  if (args.length === 0) return drafts;
  const [only] = drafts;
  if (drafts.length !== 1 || only?.kind !== 'command') {
    throw new TaplineError(
      'BLOCK_ORDER',
      `Arguments (${args.join(' ')}) are for one plugin command alone on its line.`,
      {
        hint: 'Put the command on a line of its own.',
      },
    );
  }
  only.args.push(...args);
  return drafts;
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
  warnings.push({ code: 'BLOCK_ORDER', message, hint, at: word.locate() });
}

function ignoredCommand({ word, plugin, command }: PlanPart): ProjectWarning {
  return {
    code: 'BLOCK_ORDER',
    message: `The command '${command}' of '${plugin.name}' is ignored: in a chain plugins run without commands.`,
    hint: `Write '${plugin.name}', or use \`tapline invoke ${word.text}\`.`,
    at: word.locate(),
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

function definedOnly(options: BlockOptions): BlockOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** All plugins of a plan, each once, in order: what has to be installed. */
export function pluginsOf(plan: Plan): Plugin[] {
  const blocks = plan.groups.flatMap((group) => group.blocks);
  const all = blocks.flatMap((block) =>
    block.kind === 'chain' ? [block.tap, ...block.mappers, block.target] : [block.plugin],
  );
  return [...new Set(all)];
}
