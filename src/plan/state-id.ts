import { TaplineError } from '../errors.js';
import type { Plugin } from '../plugins/types.js';
import type { Project } from '../project/types.js';

/** Expands the `state_id_suffix` of an environment for the chain of one tap; `extraEnv`: of the step that it is in. */
export type ExpandSuffix = (
  text: string,
  tap: Plugin,
  options?: { extraEnv?: Readonly<Record<string, string>> | undefined },
) => string;

/**
 * `<environment>:<tap>-to-<target>[:<suffix>]`, under which a chain's state is kept; the original continues from the same ID.
 * Undefined without an environment. STATE_ID_INVALID where a part has the colon that separates them.
 */
export function stateIdOf(
  project: Project,
  tap: Plugin,
  target: Plugin,
  suffix: string | undefined,
  expandSuffix: ExpandSuffix,
  env?: Readonly<Record<string, string>> | undefined,
): string | undefined {
  const { environment } = project;
  if (!environment) return undefined;
  const fromEnvironment = environment.stateIdSuffix
    ? expandSuffix(environment.stateIdSuffix, tap, { extraEnv: env })
    : undefined;
  const parts = [environment.name, `${tap.name}-to-${target.name}`, suffix || fromEnvironment].filter((part) => part);
  const faulty = parts.find((part) => part?.includes(':'));
  if (faulty !== undefined) {
    throw new TaplineError('STATE_ID_INVALID', `'${faulty}' can't be part of a state ID: it contains a colon.`, {
      hint: 'A colon separates environment, plugins and suffix there: use another character.',
      data: { part: faulty },
    });
  }
  return parts.join(':');
}
