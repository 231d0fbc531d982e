import { parse } from 'yaml';
import { TaplineError } from '../errors.js';
import type { PlanContext } from './context.js';
import { planRun } from './plan.js';

export type Tasks = (string | string[])[];

/**
 * The tasks of a job as `--tasks` has them: YAML of one line of words, or of a list of lines and lists of lines.
 * Throws JOB_INVALID as the original refuses them.
 */
export function parseTasks(job: string, text: string): Tasks {
  const value = parsed(job, text);
  const tasks = Array.isArray(value) ? value : [value];
  if (tasks.length > 0 && tasks.every(isTask)) return tasks;
  throw invalid(job, 'a line of words, or a list of lines and of lists of lines, was expected');
}

function parsed(job: string, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw invalid(job, `it is not valid YAML: ${(error as Error).message.split('\n')[0]}`);
  }
}

function isTask(value: unknown): value is string | string[] {
  const isLine = (item: unknown) => typeof item === 'string' && item.trim() !== '';
  return isLine(value) || (Array.isArray(value) && value.length > 0 && value.every(isLine));
}

/** Each task must be a line that `run` would take by itself. */
export function checkTasks(job: string, tasks: Tasks, context: PlanContext): void {
  for (const task of tasks) {
    const words = [task].flat().flatMap((line) => line.split(' ').filter((word) => word !== ''));
    try {
      planRun(words, context);
    } catch (error) {
      if (!(error instanceof TaplineError)) throw error;
      throw invalid(job, error.message, error);
    }
  }
}

function invalid(job: string, why: string, cause?: TaplineError): TaplineError {
  return new TaplineError('JOB_INVALID', `Job '${job}' has invalid tasks. ${why}`, {
    cause,
    hint: cause?.hint ?? `For example: --tasks '["tap-github target-postgres", "dbt:run"]'`,
  });
}
