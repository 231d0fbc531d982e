/** What is wrong with run steps and pipelines, their lines aside: each fault with its place and what to do. */
import { closest } from '../did-you-mean.js';
import { durationSeconds } from '../duration.js';
import { type ErrorCode, formatLocation, type SourceLocation, TaplineError } from '../errors.js';
import type { Pipeline, Project, ProjectPath, RunStep } from '../project/types.js';
import { isMap } from '../values.js';
import { checkInterval } from './interval.js';

type ScopeCode = Extract<ErrorCode, 'RUN_STEP_INVALID' | 'PIPELINE_INVALID'>;
type Locate = () => SourceLocation | undefined;

/** RUN_STEP_INVALID each. */
export function stepFaults({ name, commands, env, timeout }: RunStep, project: Project): TaplineError[] {
  const place = placeIn(project, 'run_steps', name);
  const invalid = invalidAs('RUN_STEP_INVALID');
  const what = `run step '${name}'`;
  return [
    ...(commands.length > 0
      ? []
      : [invalid(`The ${what} has no commands.`, place('commands'), 'Give it at least one line under `commands:`.')]),
    ...environmentFaults(what, env, place('env', 'MELTANO_ENVIRONMENT'), invalid),
    ...durationFaults(`timeout of the ${what}`, timeout, place('timeout'), invalid),
    ...(timeout !== undefined && durationSeconds(timeout) === 0
      ? [invalid(`The timeout of the ${what} is zero.`, place('timeout'), 'Leave it out for none.')]
      : []),
  ];
}

/** PIPELINE_INVALID each; its interval is left to `intervalFault`, and the steps that it names to `stepFaults`. */
export function pipelineFaults(pipeline: Pipeline, project: Project): TaplineError[] {
  const { id, steps, env, retryDelay } = pipeline;
  const place = placeIn(project, 'pipelines', project.pipelines.indexOf(pipeline));
  const invalid = invalidAs('PIPELINE_INVALID');
  const what = `pipeline '${id}'`;
  const names = project.runSteps.map((step) => step.name);
  return [
    ...(steps.length > 0
      ? []
      : [invalid(`The ${what} has no steps.`, place('steps'), 'Name at least one: `steps: [{run_step: NAME}]`.')]),
    ...steps.flatMap((name, index) => {
      if (names.includes(name)) return [];
      const message = `The ${what} names the run step '${name}', which is not there.`;
      return [invalid(message, place('steps', index, 'run_step'), near(name, names, 'The project has no run_steps.'))];
    }),
    ...environmentFaults(what, env, place('env', 'MELTANO_ENVIRONMENT'), invalid),
    ...timezoneFaults(pipeline, place('timezone'), invalid),
    ...durationFaults(`retry_delay of the ${what}`, retryDelay, place('retry_delay'), invalid),
    ...orderFaults(pipeline, project, place, invalid),
  ];
}

/** The first fault of the intervals of those of these words that are pipelines. Throws PIPELINE_INVALID. */
export async function checkIntervals(words: readonly string[], project: Project): Promise<void> {
  for (const pipeline of project.pipelines) {
    const fault = words.includes(pipeline.id) ? await intervalFault(pipeline, project) : undefined;
    if (fault !== undefined) throw fault;
  }
}

/** It needs a parser of cron, which is loaded for it. */
export async function intervalFault(pipeline: Pipeline, project: Project): Promise<TaplineError | undefined> {
  const { id, interval } = pipeline;
  if (interval === undefined) return undefined;
  try {
    await checkInterval(interval);
    return undefined;
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    const place = placeIn(project, 'pipelines', project.pipelines.indexOf(pipeline));
    const message = `The interval '${interval}' of the pipeline '${id}' is neither cron nor an alias.`;
    return invalidAs('PIPELINE_INVALID')(message, place('interval'), error.hint);
  }
}

/** Throws BLOCK_AMBIGUOUS, PIPELINE_INVALID: names are checked whatever is run. */
export function checkNames(project: Project): void {
  for (const fault of nameFaults(project)) throw fault;
}

/** A word must mean one thing: what `run NAME` does is not to depend on an order of look-ups. */
export function nameFaults(project: Project): TaplineError[] {
  const { runSteps, pipelines } = project;
  if (runSteps.length + pipelines.length === 0) return [];
  const known = namesOfOthers(project);
  const faults: TaplineError[] = [];
  const own: [string, Owner][] = [
    ...runSteps.map(({ name }): [string, Owner] => [name, { kind: 'run step', path: ['run_steps', name] }]),
    ...pipelines.map(({ id }, index): [string, Owner] => [id, { kind: 'pipeline', path: ['pipelines', index] }]),
  ];
  for (const [name, owner] of own) {
    const other = known.get(name);
    if (other === undefined) known.set(name, owner);
    else faults.push(clash(name, owner, other, project));
  }
  return faults;
}

interface Owner {
  kind: 'plugin' | 'mapping' | 'job' | 'run step' | 'pipeline';
  path: ProjectPath;
}

function namesOfOthers({ pluginEntries, jobs }: Project): Map<string, Owner> {
  const known = new Map<string, Owner>();
  for (const [type, entries] of Object.entries(pluginEntries)) {
    for (const [index, { name, mappings }] of entries.entries()) {
      const path = ['plugins', type, index];
      known.set(name, { kind: 'plugin', path });
      for (const [at, mapping] of (Array.isArray(mappings) ? mappings : []).entries())
        if (isMap(mapping)) known.set(String(mapping.name), { kind: 'mapping', path: [...path, 'mappings', at] });
    }
  }
  for (const [index, { name }] of jobs.entries()) known.set(name, { kind: 'job', path: ['jobs', index] });
  return known;
}

function clash(name: string, owner: Owner, other: Owner, project: Project): TaplineError {
  const at = project.locate(owner.path);
  const there = project.locate(other.path);
  const place = there === undefined ? '' : ` (${formatLocation(there)})`;
  const hint = 'Rename one of the two.';
  if (owner.kind === other.kind)
    return new TaplineError('PIPELINE_INVALID', `Two pipelines have the id '${name}'${place}.`, { at, hint });
  const message = `'${name}' is the name of a ${owner.kind} and of a ${other.kind}${place}.`;
  return new TaplineError('BLOCK_AMBIGUOUS', message, { at, hint, data: { block: name } });
}

type Invalid = (message: string, at: Locate, hint: string | undefined) => TaplineError;

function environmentFaults(what: string, env: Record<string, string>, at: Locate, invalid: Invalid): TaplineError[] {
  if (!Object.hasOwn(env, 'MELTANO_ENVIRONMENT')) return [];
  const message = `The env of the ${what} sets MELTANO_ENVIRONMENT, which can't change while a run goes on.`;
  return [invalid(message, at, 'Choose it with `--environment`.')];
}

function durationFaults(
  what: string,
  value: string | number | undefined,
  at: Locate,
  invalid: Invalid,
): TaplineError[] {
  if (value === undefined || durationSeconds(value) !== undefined) return [];
  return [
    invalid(`The ${what} is '${value}', which is not a duration.`, at, 'Seconds, or a text such as 90s, 30m or 2h.'),
  ];
}

function timezoneFaults({ id, timezone }: Pipeline, at: Locate, invalid: Invalid): TaplineError[] {
  if (timezone === undefined || isTimezone(timezone)) return [];
  const zone = closest(timezone, Intl.supportedValuesOf('timeZone'));
  const hint = zone === undefined ? 'It is an IANA name, such as Europe/Berlin or UTC.' : `Did you mean '${zone}'?`;
  return [invalid(`There is no time zone '${timezone}' (of the pipeline '${id}').`, at, hint)];
}

/** Newer versions of Node take `+02:00` too, which is not a zone: it has no daylight saving. */
function isTimezone(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

/** An `after` that names nothing, and one that waits for its own pipeline. */
function orderFaults(
  { id, after }: Pipeline,
  { pipelines }: Project,
  place: (...path: ProjectPath) => Locate,
  invalid: Invalid,
): TaplineError[] {
  const ids = pipelines.map((each) => each.id);
  return after.flatMap((name, index) => {
    if (!ids.includes(name)) {
      const message = `The pipeline '${id}' comes after the pipeline '${name}', which is not there.`;
      return [invalid(message, place('after', index), near(name, ids, undefined))];
    }
    const circle = wayTo(id, name, pipelines);
    if (circle === undefined) return [];
    const message = `The pipeline '${id}' waits for itself: ${[id, ...circle].join(' after ')}.`;
    return [invalid(message, place('after', index), 'Take one `after` out of the circle.')];
  });
}

/** The IDs from `from` to `id` along `after`, both included. */
function wayTo(
  id: string,
  from: string,
  pipelines: readonly Pipeline[],
  seen: Set<string> = new Set(),
): string[] | undefined {
  if (from === id) return [id];
  if (seen.has(from)) return undefined;
  seen.add(from);
  for (const next of pipelines.find((each) => each.id === from)?.after ?? []) {
    const way = wayTo(id, next, pipelines, seen);
    if (way !== undefined) return [from, ...way];
  }
  return undefined;
}

function near(name: string, names: readonly string[], without: string | undefined): string | undefined {
  const found = closest(name, names);
  if (found !== undefined) return `Did you mean '${found}'?`;
  return names.length === 0 ? without : `Available: ${names.join(', ')}.`;
}

/** The place of a value in this item, or of the nearest that holds it: what is missing has none. */
function placeIn(project: Project, ...item: ProjectPath): (...path: ProjectPath) => Locate {
  return (...path) =>
    () => {
      for (let length = path.length; length > 0; length -= 1) {
        const found = project.locate([...item, ...path.slice(0, length)]);
        if (found !== undefined) return found;
      }
      return project.locate(item);
    };
}

function invalidAs(code: ScopeCode): Invalid {
  return (message, at, hint) => new TaplineError(code, message, { at: at(), hint });
}
