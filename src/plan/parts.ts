import { closest } from '../did-you-mean.js';
import { type ErrorCode, formatLocation, type SourceLocation, TaplineError } from '../errors.js';
import type { Plugin, Plugins } from '../plugins/types.js';
import type { Project, ProjectPath } from '../project/types.js';
import { findCommand } from './command-line.js';
import type { PlanWord } from './words.js';

/** A word with the plugin that it names. */
export interface PlanPart {
  word: PlanWord;
  plugin: Plugin;
  command: string | undefined;
}

/** Splits `plugin:command`; with no colon, or with more than one, all of it is the plugin's name (as the original). */
function splitWord(text: string): { name: string; command: string | undefined } {
  const [name = text, command, ...more] = text.split(':');
  if (command === undefined || more.length > 0) return { name: text, command: undefined };
  return { name, command: command === '' ? undefined : command };
}

/** Finds the plugin of a word. Throws BLOCK_UNKNOWN, BLOCK_AMBIGUOUS, PLUGIN_NOT_INVOKABLE and PLUGIN_COMMAND_UNKNOWN. */
export function readPart(word: PlanWord, project: Project, plugins: Plugins): PlanPart {
  const { name, command } = splitWord(word.text);
  const plugin = plugins.find(name) ?? findMapping(word, name, plugins);
  if (!plugin) throw unknownBlock(word, project, plugins);
  if (project.jobs.some((job) => job.name === word.text)) {
    throw planError(
      'BLOCK_AMBIGUOUS',
      word,
      `'${word.text}' is the name of a job and of a plugin.`,
      'Rename one of the two.',
    );
  }
  if (!isSinger(plugin)) checkCommand(word, plugin, command);
  return { word, plugin, command };
}

/** Extractors, loaders and mappers are parts of chains; all else runs as a command. */
export function isSinger({ type }: Plugin): boolean {
  return type === 'extractors' || type === 'loaders' || type === 'mappers';
}

/** What a word is, for messages: "the extractor 'tap-x'". */
export function describePart({ plugin, word }: PlanPart): string {
  return plugin.mapping === undefined ? `the ${plugin.singular} '${plugin.name}'` : `the mapping '${word.text}'`;
}

export function planError(code: ErrorCode, word: PlanWord, message: string, hint: string): TaplineError {
  const inJob = word.job === undefined ? '' : ` (in the job '${word.job}')`;
  return new TaplineError(code, message.replace(/\.$/, `${inJob}.`), {
    hint,
    at: word.locate?.(),
    data: { block: word.text },
  });
}

function findMapping(word: PlanWord, name: string, plugins: Plugins): Plugin | undefined {
  const [mapping, ...others] = plugins.mappings(name);
  if (mapping && others.length > 0) {
    const owners = [mapping, ...others].map((plugin) => `'${plugin.name}'${place(plugin.at)}`).join(' and ');
    const hint = 'Give one of them another name.';
    throw planError('BLOCK_AMBIGUOUS', word, `The mapping name '${name}' is used more than once: by ${owners}.`, hint);
  }
  return mapping;
}

function checkCommand(word: PlanWord, plugin: Plugin, command: string | undefined): void {
  if (plugin.type === 'files' || plugin.type === 'transforms') {
    const kind = plugin.type === 'files' ? 'A file bundle' : 'A transform';
    throw planError(
      'PLUGIN_NOT_INVOKABLE',
      word,
      `${kind} can't be run: '${plugin.name}'.`,
      'Name an extractor and a loader, or a plugin with commands.',
    );
  }
  if (command !== undefined) findCommand(plugin, command, word.locate?.());
}

function unknownBlock(word: PlanWord, project: Project, plugins: Plugins): TaplineError {
  const { text, job } = word;
  const unknown = (why: string, hint: string) =>
    planError('BLOCK_UNKNOWN', word, `Block '${text}' not found: ${why}.`, hint);
  const scope = scopeNamed(text, project);
  if (scope !== undefined) {
    const holder = job === undefined ? 'a line of a run step' : 'the tasks of a job';
    return unknown(
      `a ${scope} is not allowed in ${holder}`,
      scope === 'run step'
        ? 'Pipelines put run steps in order, and `tapline run` takes several names; or write its commands here.'
        : '`tapline run` takes several names: pass it there.',
    );
  }
  if (job !== undefined && project.jobs.some(({ name }) => name === text)) {
    const hint = `Name '${text}' next to '${job}' on the command line, or write its tasks into '${job}'.`;
    return unknown('a job in the tasks of a job is not expanded', hint);
  }
  const kinds = isOfCommandLine(word) ? 'plugin, mapping, job, run step or pipeline' : 'plugin, mapping or job';
  return unknown(`no ${kinds} has this name`, suggest(word, project, plugins));
}

function scopeNamed(text: string, { runSteps, pipelines }: Project): 'run step' | 'pipeline' | undefined {
  if (runSteps.some(({ name }) => name === text)) return 'run step';
  return pipelines.some(({ id }) => id === text) ? 'pipeline' : undefined;
}

/** Run steps and pipelines can be named there only. */
function isOfCommandLine({ locate }: PlanWord): boolean {
  return locate === undefined;
}

function suggest(word: PlanWord, project: Project, plugins: Plugins): string {
  const { name, command } = splitWord(word.text);
  const mappings = plugins.list('mappers').flatMap((mapper) => mapper.mappings.map((mapping) => mapping.name));
  const others = placesOfOthers(word, project);
  const near = closest(name, [...plugins.names(), ...mappings, ...others.keys()]);
  if (near === undefined)
    return 'The plugins and jobs of this project are defined in meltano.yml; `tapline job list` lists jobs.';
  const other = others.get(near);
  const at = plugins.find(near)?.at ?? (other === undefined ? undefined : project.locate(other));
  return `Did you mean '${near}${command === undefined || other !== undefined ? '' : `:${command}`}'${place(at)}?`;
}

/** Jobs, run steps and pipelines that this word could have meant. */
function placesOfOthers(word: PlanWord, { jobs, runSteps, pipelines }: Project): Map<string, ProjectPath> {
  const places = new Map<string, ProjectPath>(jobs.map(({ name }, index) => [name, ['jobs', index]]));
  if (!isOfCommandLine(word)) return places;
  for (const { name } of runSteps) places.set(name, ['run_steps', name]);
  for (const [index, { id }] of pipelines.entries()) places.set(id, ['pipelines', index]);
  return places;
}

function place(at: SourceLocation | undefined): string {
  return at ? ` (${formatLocation(at)})` : '';
}
