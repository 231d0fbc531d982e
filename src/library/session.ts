import type { Project } from '../project/types.js';
import { createSession, type Session } from '../session/session.js';

export interface LibraryOptions {
  /** The process environment. Default: process.env. */
  env?: NodeJS.ProcessEnv | undefined;
  /** Where plugins are started. Default: the process's working directory. */
  cwd?: string | undefined;
  /** The system database, instead of the project's. */
  databaseUri?: string | undefined;
}

/** Opens a session for one call. `read` creates no database. */
export async function withSession<T>(
  project: Project,
  { env = process.env, cwd = process.cwd(), databaseUri }: LibraryOptions,
  access: 'read' | 'write',
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = createSession(project, { cwd, env, access, databaseUri, log: {}, stderr: silent });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** A library writes to no stream. */
const silent = {
  isTTY: false,
  columns: 80,
  line: () => undefined,
  live: () => undefined,
  redraw: () => undefined,
};
