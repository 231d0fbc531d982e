import type { Session } from '../../../session/session.js';
import type { CommandContext, OpenProject } from '../../context.js';

/**
 * Opens the project in the environment that the state ID begins with, as the original does: a state backend may be set
 * for one environment only. An environment that does not exist is not an error, since a state can outlive it.
 */
export async function openForState(
  { open }: CommandContext,
  stateId: string,
  options: Omit<OpenProject, 'policy'>,
): Promise<Session> {
  const session = await open({ ...options, policy: 'explicit' });
  const { project } = session;
  const named = /^(.+?):.+-to-.+/.exec(stateId)?.[1];
  if (named === undefined || named === project.environment?.name) return session;
  if (!project.environments.some(({ name }) => name === named)) return session;
  if (project.environment !== undefined) {
    const log = await session.log();
    log.warning(
      `Environment '${named}' used in state operation does not match current environment '${project.environment.name}'.`,
    );
  }
  await session.close();
  return open({ ...options, policy: 'explicit', environment: named });
}

/** The time as the original's messages end with it. */
export function stamp(): string {
  return `${new Date().toISOString().slice(0, 19).replace('T', ' ')}+0000`;
}
