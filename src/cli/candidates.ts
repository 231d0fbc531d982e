/** What may follow on a command line: commands, options, and names of this project. */
import { Command, type Option } from 'commander';
import { type PluginType, pluginTypes } from '../project/types.js';
import type { Session } from '../session/session.js';
import { defaultCommand } from './command-words.js';
import { type CommandContext, type CommandEntry, isGroup } from './context.js';
import { globalOptions, takesValue } from './options/known.js';

/** All that begin as the last word does. Never throws: a broken project completes nothing. */
export async function candidatesFor(words: readonly string[], context: CommandContext): Promise<string[]> {
  const current = words.at(-1) ?? '';
  try {
    const all = await allCandidates(words.slice(0, -1), current, context);
    return [...new Set(all)].filter((candidate) => candidate.startsWith(current));
  } catch {
    return [];
  }
}

async function allCandidates(before: readonly string[], current: string, context: CommandContext): Promise<string[]> {
  const { commands: registry } = context;
  const { path, positionals, pending } = read(before, registry);
  if (pending !== undefined) return valuesOf(pending, path, context);
  const [name] = path;
  const entry = name === undefined ? undefined : registry[name];
  if (name === undefined || entry === undefined)
    return current.startsWith('-') ? [...globalOptions.keys()] : visible(registry);
  if (isGroup(entry)) {
    const member = path[1] === undefined ? undefined : entry.commands[path[1]];
    if (member === undefined) {
      const usual = defaultCommand(name);
      const words = usual === undefined ? [] : await names([name, usual], positionals, context);
      return [...visible(entry.commands), ...words];
    }
    return current.startsWith('-') ? optionNames(member, context) : names(path, positionals, context);
  }
  return current.startsWith('-') ? optionNames(entry, context) : names(path, positionals, context);
}

interface Line {
  /** `['state', 'get']` as far as it is known. */
  path: string[];
  positionals: string[];
  /** An option whose value is being typed. */
  pending: string | undefined;
}

function read(words: readonly string[], registry: CommandContext['commands']): Line {
  const path: string[] = [];
  const positionals: string[] = [];
  let pending: string | undefined;
  for (const word of words) {
    if (pending !== undefined) pending = undefined;
    else if (word.startsWith('-')) {
      if (takesValue(word, path.join(' ')) && !word.includes('=')) pending = word;
    } else {
      const next = nextOf(path, word, registry);
      path.push(...next);
      if (!next.includes(word)) positionals.push(word);
    }
  }
  return { path, positionals, pending };
}

/** What a word adds to the command: itself, the command that is meant without being named, or nothing. */
function nextOf(path: readonly string[], word: string, registry: CommandContext['commands']): string[] {
  const [first, ...more] = path;
  if (first === undefined) return [word];
  const group = registry[first];
  if (more.length > 0 || group === undefined || !isGroup(group)) return [];
  return [defaultCommand(first, word) ?? word];
}

function visible(commands: Readonly<Record<string, object>>): string[] {
  return Object.entries(commands)
    .filter(([, entry]) => !('hidden' in entry))
    .map(([name]) => name);
}

async function optionsOf(entry: CommandEntry, context: CommandContext): Promise<readonly Option[]> {
  const define = await entry.load();
  return define(new Command('x'), context).options;
}

async function optionNames(entry: CommandEntry, context: CommandContext): Promise<string[]> {
  const own = (await optionsOf(entry, context)).filter(({ hidden }) => !hidden).map(({ long }) => long ?? '');
  return [...own.filter((name) => name !== ''), ...globalOptions.keys(), '--help'];
}

async function valuesOf(option: string, path: readonly string[], context: CommandContext): Promise<string[]> {
  if (option === '--plugin-type') return [...pluginTypes];
  const project = projectValues[option];
  if (project !== undefined) return withProject(context, project);
  const [name = '', member = ''] = path;
  const entry = context.commands[name];
  const command = entry !== undefined && isGroup(entry) ? entry.commands[member] : entry;
  if (command === undefined) return [];
  const found = (await optionsOf(command, context)).find(({ long, short }) => long === option || short === option);
  return [...(found?.argChoices ?? [])];
}

type Find = (session: Session) => readonly string[] | Promise<readonly string[]>;

const plugins =
  (...types: PluginType[]): Find =>
  ({ project }) =>
    (types.length === 0 ? pluginTypes : types).flatMap((type) => project.pluginEntries[type].map(({ name }) => name));
const jobs: Find = ({ project }) => project.jobs.map(({ name }) => name);
const runSteps: Find = ({ project }) => project.runSteps.map(({ name }) => name);
const pipelines: Find = ({ project }) => project.pipelines.map(({ id }) => id);
const schedules: Find = ({ project }) => project.schedules.map(({ name }) => name);
const environments: Find = ({ project }) => project.environments.map(({ name }) => name);
const runIds: Find = async (session) =>
  ((await (await session.existingHistory())?.listRuns({ limit: 50 })) ?? []).map(({ runId }) => runId);
const stateIds: Find = async (session) => (await (await session.state()).list()).map(({ stateId }) => stateId);
const mappings: Find = ({ project }) =>
  project.pluginEntries.mappers.flatMap(({ mappings: all }) =>
    (Array.isArray(all) ? all : []).flatMap((each: { name?: unknown }) =>
      typeof each?.name === 'string' ? [each.name] : [],
    ),
  );

const all =
  (...finds: Find[]): Find =>
  async (session) =>
    (await Promise.all(finds.map((find) => find(session)))).flat();

const projectValues: Readonly<Record<string, Find>> = {
  '--environment': environments,
  '--job': jobs,
  '--schedule': schedules,
  '-s': schedules,
  '--extractor': plugins('extractors'),
  '--loader': plugins('loaders'),
  '--inherit-from': plugins(),
  '--state-id': stateIds,
  '--from-state-id': stateIds,
};

/** By command; a list of two and more is for the first word, the second ... */
const wordsOf: Readonly<Record<string, readonly Find[]>> = {
  run: [all(plugins(), jobs, mappings, runSteps, pipelines)],
  'backfill run': [plugins('extractors'), all(mappings, plugins('loaders'))],
  'backfill show': [all(stateIds, plugins('extractors')), all(mappings, plugins('loaders'))],
  'pipeline show': [pipelines],
  el: [plugins('extractors'), plugins('loaders')],
  elt: [plugins('extractors'), plugins('loaders')],
  select: [plugins('extractors'), () => []],
  ...Object.fromEntries(['invoke', 'install', 'lock', 'remove', 'test'].map((name) => [name, [plugins()]])),
  ...Object.fromEntries(
    ['list', 'print', 'set', 'unset', 'reset', 'test', 'explain'].map((name) => [
      `config ${name}`,
      [async (session: Session) => [...(await plugins()(session)), 'meltano'], () => []],
    ]),
  ),
  ...Object.fromEntries(['set', 'remove', 'list'].map((name) => [`job ${name}`, [jobs]])),
  ...Object.fromEntries(['set', 'remove', 'list', 'run'].map((name) => [`schedule ${name}`, [schedules]])),
  ...Object.fromEntries(
    ['get', 'set', 'merge', 'copy', 'move', 'clear', 'edit', 'history', 'diff', 'rollback'].map((name) => [
      `state ${name}`,
      [stateIds],
    ]),
  ),
  'environment remove': [environments],
  'lease release': [async (session) => (await (await session.state()).leases.list()).map(({ name }) => name)],
  retry: [runIds],
  'runs show': [runIds],
  completion: [() => ['bash', 'zsh', 'fish']],
};

async function names(
  path: readonly string[],
  positionals: readonly string[],
  context: CommandContext,
): Promise<string[]> {
  const finds = wordsOf[path.join(' ')];
  const find = finds?.[Math.min(positionals.length, (finds?.length ?? 1) - 1)];
  return find === undefined ? [] : withProject(context, find);
}

async function withProject({ open }: CommandContext, find: Find): Promise<string[]> {
  return [...(await find(await open({ policy: 'none', access: 'read' })))];
}
