/** Words of `run`, with no steps in them, as blocks: chains and plugin commands. The rules are those of Meltano 4.4.1. */
import type { SourceLocation, TaplineError } from '../errors.js';
import type { ProjectWarning } from '../project/types.js';
import { definedOnly } from '../values.js';
import type { PlanContext } from './context.js';
import { describePart, isSinger, type PlanPart, planError, readPart } from './parts.js';
import { stateIdOf } from './state-id.js';
import type { Block, BlockOptions, ChainBlock, CommandBlock, PlanGroup, PlanScope } from './types.js';
import { expandJobs } from './words.js';

/** A block that has no number yet. */
export type Draft = Omit<ChainBlock, 'id'> | Omit<CommandBlock, 'id'>;
/** What the blocks of a step have in common. */
export type SharedParts = Pick<Block, 'scope' | 'env' | 'retry'>;

/** Neighbouring chains may run at once; a plugin command waits for all before it and holds all after it. */
export function groupBlocks(blocks: readonly Block[], scope?: PlanScope): PlanGroup[] {
  const groups: PlanGroup[] = [];
  for (const block of blocks) {
    const last = groups.at(-1);
    if (block.kind === 'chain' && last?.blocks[0]?.kind === 'chain') last.blocks.push(block);
    else groups.push(scope === undefined ? { blocks: [block] } : { blocks: [block], scope });
  }
  return groups;
}

/** Words that belong together, with what they say for themselves. */
export interface PlanLine extends SharedParts {
  words: readonly string[];
  options?: BlockOptions | undefined;
  locate?: (() => SourceLocation | undefined) | undefined;
}

export function blocksOf(line: PlanLine, context: PlanContext, warnings: ProjectWarning[]): Draft[] {
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

export function commandBlock(part: PlanPart): Omit<CommandBlock, 'id'> {
  const { plugin, command, word } = part;
  return withPlace(
    { kind: 'command' as const, name: nameOf(part), plugin, command, args: [] as string[] },
    word.locate,
  );
}

function nameOf({ plugin, command }: PlanPart): string {
  return plugin.mapping ?? (isSinger(plugin) || command === undefined ? plugin.name : `${plugin.name}:${command}`);
}

/** The location is looked up on demand, since finding it parses the project again. */
export function withPlace<T extends object>(draft: T, locate: (() => SourceLocation | undefined) | undefined): T {
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
