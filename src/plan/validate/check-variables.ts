import { TaplineError } from '../../errors.js';
import type { Plugin } from '../../plugins/types.js';
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

/** A run makes variables for each plugin that its neighbours may refer to: MELTANO_EXTRACT__X, TAP_X_Y. */
function isMadeByRun(name: string, plugins: readonly Plugin[]): boolean {
  const prefixes = plugins.map((plugin) => `${plugin.name.replaceAll(/[^A-Za-z0-9]/g, '_').toUpperCase()}_`);
  return name.startsWith('MELTANO_') || prefixes.some((prefix) => name.startsWith(prefix));
}
