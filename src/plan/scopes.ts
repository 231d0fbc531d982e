/** Run steps and pipelines as the project has them, found by name and checked; nothing of them has run when these throw. */
import { durationSeconds } from '../duration.js';
import type { SourceLocation } from '../errors.js';
import type { Pipeline, Project, RunStep } from '../project/types.js';
import { pipelineFaults, stepFaults } from './scope-faults.js';
import type { RetryPart } from './types.js';

export interface NamedStep {
  step: RunStep;
  timeoutSeconds: number | undefined;
  locate(): SourceLocation | undefined;
}

/** The run step of this name. Undefined where there is none; throws RUN_STEP_INVALID for the first thing that is wrong with it. */
export function findRunStep(name: string, project: Project): NamedStep | undefined {
  const step = project.runSteps.find((each) => each.name === name);
  if (step === undefined) return undefined;
  for (const fault of stepFaults(step, project)) throw fault;
  return { step, timeoutSeconds: secondsOf(step.timeout), locate: () => project.locate(['run_steps', name]) };
}

export interface NamedPipeline {
  pipeline: Pipeline;
  steps: NamedStep[];
  retry: RetryPart;
  locate(): SourceLocation | undefined;
}

/** The pipeline of this ID, with its run steps. Undefined where there is none; throws PIPELINE_INVALID, RUN_STEP_INVALID. */
export function findPipeline(id: string, project: Project): NamedPipeline | undefined {
  const index = project.pipelines.findIndex((each) => each.id === id);
  const pipeline = project.pipelines[index];
  if (pipeline === undefined) return undefined;
  for (const fault of pipelineFaults(pipeline, project)) throw fault;
  const steps = pipeline.steps.flatMap((name) => findRunStep(name, project) ?? []);
  const retry = { retries: pipeline.retries, delaySeconds: secondsOf(pipeline.retryDelay) };
  return { pipeline, steps, retry, locate: () => project.locate(['pipelines', index]) };
}

function secondsOf(duration: string | number | undefined): number | undefined {
  return duration === undefined ? undefined : durationSeconds(duration);
}
