import type { SourceLocation } from '../errors.js';
import type { Job, Project } from '../project/types.js';

/** One word of what is to run, and where it stands. */
export interface PlanWord {
  text: string;
  /** The job that it comes from. */
  job: string | undefined;
  /** Where it stands in a file; undefined for a word of the command line. */
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
