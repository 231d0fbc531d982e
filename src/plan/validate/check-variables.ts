import { TaplineError } from '../../errors.js';
import { isMadeByRun } from '../../settings/env-names.js';
import { unsetVariablesOf } from '../../settings/unset-variables.js';
import { type Finding, findingOf, type ValidationSubject } from './finding.js';

/** Variables that settings of plugins refer to and that are not set here: they may be set where the project runs. */
export function checkVariables({ plugins, settings }: ValidationSubject): Finding[] {
  if (settings === undefined) return [];
  return plugins.list().flatMap((plugin) => {
    try {
      return unsetVariablesOf(settings.plugin(plugin))
        .filter(({ variable }) => !isMadeByRun(variable, plugins.list()))
        .map(({ error }) => findingOf(error, 'note'));
    } catch (error) {
      // What else is wrong with the plugin is a finding of its own.
      if (error instanceof TaplineError) return [];
      throw error;
    }
  });
}
