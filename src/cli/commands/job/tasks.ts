import { checkTasks, parseTasks, type Tasks } from '../../../plan/tasks.js';
import type { Session } from '../../../session/session.js';

/** The tasks of `--tasks`, each of which `run` would take. */
export async function readTasks(session: Session, job: string, text: string): Promise<Tasks> {
  const tasks = parseTasks(job, text);
  const { project } = session;
  checkTasks(job, tasks, { project, plugins: await session.plugins(), options: {}, expandSuffix: (suffix) => suffix });
  return tasks;
}
