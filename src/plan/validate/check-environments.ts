import { type Project, pluginTypes } from '../../project/types.js';
import { type Finding, finding, unknown, type ValidationSubject } from './finding.js';

export function checkDefaultEnvironment(project: Project): Finding[] {
  const { defaultEnvironment: name, environments } = project;
  // A variable may be what names it; the file is right then.
  const at = project.locate(['default_environment']);
  const names = environments.map((environment) => environment.name);
  if (name === undefined || name.toLowerCase() === 'null' || names.includes(name)) return [];
  return [
    unknown('ENVIRONMENT_UNKNOWN', `default_environment is '${name}', which is not an environment`, name, names, at),
  ];
}

/** A suffix from variables is known only where the project runs. */
export function checkStateIdSuffix({ environment, environments, locate }: Project): Finding[] {
  const suffix = environment?.stateIdSuffix;
  if (environment === undefined || suffix === undefined || suffix.includes('$') || !suffix.includes(':')) return [];
  const message = `state_id_suffix '${suffix}' of the environment '${environment.name}' contains a colon`;
  const at = locate(['environments', environments.indexOf(environment), 'state_id_suffix']);
  const hint = 'A colon separates environment, plugins and suffix in a state ID: use another character.';
  return [finding('STATE_ID_INVALID', message, at, hint)];
}

/** What an environment says about a plugin that is not there has no effect. */
export function checkEnvironmentPlugins({ project, plugins }: ValidationSubject): Finding[] {
  const { environment } = project;
  if (environment === undefined) return [];
  const number = project.environments.indexOf(environment);
  return pluginTypes.flatMap((type) =>
    (environment.plugins[type] ?? []).flatMap(({ name }, index) => {
      const names = plugins.names(type);
      if (names.includes(name)) return [];
      const at = project.locate(['environments', number, 'config', 'plugins', type, index]);
      const message = `The environment '${environment.name}' configures '${name}', which is not one of the ${type}`;
      return [{ ...unknown('PLUGIN_UNKNOWN', message, name, names, at), severity: 'warning' as const }];
    }),
  );
}
