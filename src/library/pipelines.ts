import type { PipelineStatus } from '../actions/pipelines/status.js';
import type { Project } from '../project/types.js';
import { type LibraryOptions, withSession } from './session.js';

/** When each pipeline of the project runs next, ran last, and whether its last success is too old. */
export async function pipelineStatus(project: Project, options: LibraryOptions = {}): Promise<PipelineStatus[]> {
  const { readPipelineStatus } = await import('../actions/pipelines/status.js');
  return withSession(project, options, 'read', (session) => readPipelineStatus(project.pipelines, session));
}
