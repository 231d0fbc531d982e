/** What `run` would say of jobs, run steps and pipelines: all of it, where `run` stops at the first fault. */
import type { SourceLocation } from '../../errors.js';
import type { ProjectWarning, RunStep } from '../../project/types.js';
import { blocksOf } from '../blocks.js';
import type { PlanContext } from '../context.js';
import { readPart } from '../parts.js';
import { intervalFault, nameFaults, pipelineFaults, stepFaults } from '../scope-faults.js';
import { blocksOfLine, readLine, type StepLine } from '../steps.js';
import { expandJobs } from '../words.js';
import { caught, type Finding, findingOf, unknown, type ValidationSubject, warningOf } from './finding.js';

export function checkJobs(subject: ValidationSubject): Finding[] {
  const context = contextOf(subject);
  return subject.project.jobs.flatMap(({ name }) =>
    checkWords([name], undefined, subject, (warnings) => void blocksOf({ words: [name] }, context, warnings)),
  );
}

export function checkRunSteps(subject: ValidationSubject): Finding[] {
  const { project } = subject;
  return [
    ...nameFaults(project).map((fault) => findingOf(fault)),
    ...project.runSteps.flatMap((step) => [
      ...stepFaults(step, project).map((fault) => findingOf(fault)),
      ...step.commands.flatMap((_, index) => checkLine(step, index, subject)),
    ]),
  ];
}

export async function checkPipelines({ project }: ValidationSubject): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const pipeline of project.pipelines) {
    const interval = await intervalFault(pipeline, project);
    const faults = [...pipelineFaults(pipeline, project), ...(interval === undefined ? [] : [interval])];
    findings.push(...faults.map((fault) => findingOf(fault)));
  }
  return findings;
}

function checkLine(step: RunStep, index: number, subject: ValidationSubject): Finding[] {
  const lines: StepLine[] = [];
  const faults = caught(() => void lines.push(readLine(step, index, subject.project)));
  return [...faults, ...lines.flatMap((line) => [...checkEnvironmentOf(line, subject), ...checkBlocks(line, subject)])];
}

function checkEnvironmentOf({ read, step, locate }: StepLine, { project }: ValidationSubject): Finding[] {
  const names = project.environments.map(({ name }) => name);
  const { environment } = read;
  if (environment === undefined || names.includes(environment)) return [];
  const message = `The run step '${step}' names the environment '${environment}', which does not exist`;
  return [unknown('ENVIRONMENT_UNKNOWN', message, environment, names, locate())];
}

function checkBlocks(line: StepLine, subject: ValidationSubject): Finding[] {
  const { read, locate } = line;
  const plan = (warnings: ProjectWarning[]) => void blocksOfLine(line, {}, contextOf(subject), warnings);
  return checkWords(read.kind === 'run' ? read.words : [], locate, subject, plan);
}

/** Each word by itself, and where all of them are known how they go together. */
function checkWords(
  words: readonly string[],
  locate: (() => SourceLocation | undefined) | undefined,
  { project, plugins }: ValidationSubject,
  plan: (warnings: ProjectWarning[]) => void,
): Finding[] {
  const parts = expandJobs(words, project, locate).flatMap((word) =>
    caught(() => void readPart(word, project, plugins)),
  );
  if (parts.length > 0) return parts;
  const warnings: ProjectWarning[] = [];
  const faults = caught(() => plan(warnings));
  return [...faults, ...warnings.map(warningOf)];
}

function contextOf({ project, plugins }: ValidationSubject): PlanContext {
  return { project, plugins, options: {}, expandSuffix: (text) => text };
}
