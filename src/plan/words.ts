import type { SourceLocation } from '../errors.js';
import type { Job, Project } from '../project/types.js';
import { LineFault, readRunLine } from './run-line.js';

/** One word of what is to run, and where it stands. */
export interface PlanWord {
  text: string;
  /** The job that it comes from. */
  job: string | undefined;
  /** Its location in a file; undefined for a word of the command line. */
  locate?: (() => SourceLocation | undefined) | undefined;
}

/**
 * Words with jobs replaced by the words of their tasks, once and from left to right (as the original): a job inside a job's
 * tasks is not expanded. `locate`: where the words stand that are no job's.
 */
export function expandJobs(
  words: readonly string[],
  project: Project,
  locate?: (() => SourceLocation | undefined) | undefined,
): PlanWord[] {
  return words.flatMap((text) => {
    const index = project.jobs.findIndex(({ name }) => name === text);
    const job = project.jobs[index];
    return job ? wordsOfJob(job, index, project) : [{ text, job: undefined, locate }];
  });
}

function wordsOfJob(job: Job, index: number, project: Project): PlanWord[] {
  return job.tasks.flatMap((task, position) => {
    const locate = () => project.locate(['jobs', index, 'tasks', position]) ?? project.locate(['jobs', index, 'tasks']);
    return [task]
      .flat()
      .flatMap((line) => line.split(/\s+/))
      .filter((text) => text !== '')
      .map((text) => ({ text, job: job.name, locate }));
  });
}

/** `NAME=VALUE` in front of the words of a run, as in a shell: variables, and not the name of anything. */
export function splitVariables(words: readonly string[]): { env: Record<string, string>; rest: readonly string[] } {
  const env: Record<string, string> = {};
  for (const [index, word] of words.entries()) {
    const [, name, value] = /^([A-Za-z_][\w.-]*)=([\s\S]*)$/.exec(word) ?? [];
    if (name === undefined || value === undefined) return { env, rest: words.slice(index) };
    Object.assign(env, { [name]: value });
  }
  return { env, rest: [] };
}

/** A word that is a whole line, as a run step has it: `invoke dbt:run --models staging.*`. */
export function isLine(word: string): boolean {
  return /^\s*(?:run|invoke|meltano|tapline)\s/.test(word);
}

/** All words that a run of these would read; a line that can't be read has none. */
export function wordsWithin(words: readonly string[], project: Project): string[] {
  return splitVariables(words).rest.flatMap((word) => {
    if (isLine(word)) return expandJobs(wordsOfLine(word), project).map(({ text }) => text);
    const pipeline = project.pipelines.find(({ id }) => id === word);
    const names = pipeline?.steps ?? [word];
    const steps = project.runSteps.filter(({ name }) => names.includes(name));
    const inner = steps.length === 0 ? [word] : steps.flatMap(({ commands }) => commands.flatMap(wordsOfLine));
    return expandJobs(inner, project).map(({ text }) => text);
  });
}

function wordsOfLine(line: string): string[] {
  try {
    const read = readRunLine(line);
    return read.kind === 'run' ? read.words : [read.word];
  } catch (error) {
    if (error instanceof LineFault) return [];
    throw error;
  }
}
