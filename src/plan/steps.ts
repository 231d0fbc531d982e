/** Run steps and pipelines as groups of blocks: each line read, its blocks numbered and grouped over the lines of a step. */
import { type SourceLocation, TaplineError } from '../errors.js';
import type { Project, ProjectWarning, RunStep } from '../project/types.js';
import { blocksOf, commandBlock, type Draft, groupBlocks, type SharedParts, withPlace } from './blocks.js';
import type { PlanContext } from './context.js';
import { describePart, isSinger, type PlanPart, readPart } from './parts.js';
import { LineFault, type RunLine, readRunLine } from './run-line.js';
import type { NamedPipeline, NamedStep } from './scopes.js';
import type { Block, PlanGroup, PlanScope, RetryPart } from './types.js';

export function pipelineGroups(
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
export function stepGroups(
  { step, timeoutSeconds, locate }: NamedStep,
  { id, parent, env = {}, retry }: StepPlace,
  context: PlanContext,
  warnings: ProjectWarning[],
): PlanGroup[] {
  const { name, jobs } = step;
  const runDir = step.runDir === undefined ? undefined : expanded(step.runDir, context);
  const scope: PlanScope = withPlace({ kind: 'step', id, name, parent, jobs, runDir, timeoutSeconds }, locate);
  const shared = { scope, env: expandedEnv({ ...context.env, ...env, ...step.env }, context), retry };
  const drafts = step.commands.flatMap((_, index) => {
    const line = readLine(step, index, context.project);
    refuseOtherEnvironment(line, context.project);
    return blocksOfLine(line, shared, context, warnings);
  });
  const blocks = drafts.map((draft, index): Block => Object.assign(draft, { id: `${id}.${index + 1}` }));
  return groupBlocks(blocks, scope);
}

export function expandedEnv(env: Readonly<Record<string, string>>, context: PlanContext): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, expanded(text, context)]));
}

function expanded(text: string, { expandEnv }: PlanContext): string {
  return expandEnv === undefined ? text : expandEnv(text);
}

/** A line that could be read. */
export interface StepLine {
  /** Undefined for a word of the command line that is a line. */
  step: string | undefined;
  /** As it was written. */
  text: string;
  read: RunLine;
  locate(): SourceLocation | undefined;
}

/** Throws RUN_STEP_INVALID. */
export function readLine({ name, commands }: RunStep, index: number, project: Project): StepLine {
  const locate = () => project.locate(['run_steps', name, 'commands', index]) ?? project.locate(['run_steps', name]);
  return readText({ step: name, text: commands[index]?.trim() ?? '', locate });
}

function readText(line: Omit<StepLine, 'read'>): StepLine {
  try {
    return { ...line, read: readRunLine(line.text) };
  } catch (error) {
    if (!(error instanceof LineFault)) throw error;
    throw lineError(line, error.message, error.hint);
  }
}

/** Of a word that is a line. Throws RUN_STEP_INVALID, and what `run` refuses. */
export function blocksOfWord(
  word: string,
  shared: SharedParts,
  context: PlanContext,
  warnings: ProjectWarning[],
): Draft[] {
  const line = readText({ step: undefined, text: word.trim(), locate: () => undefined });
  refuseOtherEnvironment(line, context.project);
  return blocksOfLine(line, shared, context, warnings);
}

/** Throws RUN_STEP_INVALID, and what `run` refuses. */
export function blocksOfLine(
  line: StepLine,
  shared: SharedParts,
  context: PlanContext,
  warnings: ProjectWarning[],
): Draft[] {
  warnings.push(...line.read.variables.map((name) => unexpanded(line, name)));
  const { read, locate } = line;
  if (read.kind === 'run') {
    const retry = { ...shared.retry, ...read.retry };
    return blocksOf({ ...read, ...shared, retry, locate }, context, warnings);
  }
  return [{ ...commandBlock(invokedPart(line, read.word, context)), ...shared, args: read.args }];
}

function invokedPart(line: StepLine, word: string, { project, plugins }: PlanContext): PlanPart {
  if (plugins.find(word) === undefined && project.jobs.some(({ name }) => name === word))
    throw lineError(line, `'${word}' is a job, and \`invoke\` is for plugins.`, `Write \`run ${word}\`.`);
  const part = readPart({ text: word, job: undefined, locate: line.locate }, project, plugins);
  if (!isSinger(part.plugin)) return part;
  const hint = 'Name it with a loader: `run tap target`. `invoke` is for commands such as dbt:run.';
  throw lineError(line, `${describePart(part)} can't be invoked in a run step.`, hint);
}

/** A run has one environment, which is chosen before its steps are read. */
function refuseOtherEnvironment(line: StepLine, { environment }: Project): void {
  const { environment: named } = line.read;
  if (named === undefined || named === environment?.name) return;
  const here = environment === undefined ? 'none is active' : `'${environment.name}' is active`;
  throw lineError(
    line,
    `It names the environment '${named}', and ${here}: a run has one.`,
    'Leave it out, and choose the environment for the whole run with `--environment`.',
  );
}

function unexpanded(line: StepLine, name: string): ProjectWarning {
  return {
    code: 'VARIABLE_UNEXPANDED',
    message: `${placeOf(line)}: $${name} stays as it stands, since no shell reads the line.`,
    hint: 'Set what differs under `env:` of the step, where $NAME is expanded. Single quotes say that it is meant so.',
    at: line.locate(),
  };
}

function lineError(line: Omit<StepLine, 'read'>, message: string, hint: string): TaplineError {
  return new TaplineError('RUN_STEP_INVALID', `${placeOf(line)}: ${message}`, { at: line.locate(), hint });
}

function placeOf({ step, text }: Pick<StepLine, 'step' | 'text'>): string {
  return step === undefined ? `In \`${text}\`` : `In the run step '${step}', \`${text}\``;
}
