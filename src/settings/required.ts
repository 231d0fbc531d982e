import type { Plugin } from '../plugins/types.js';
import type { ResolvedSetting } from './types.js';

/**
 * What each group of required settings lacks; none where one group is complete, or where there are no groups. One complete
 * group is enough: they are alternatives.
 */
export function missingSettings(plugin: Plugin, settings: ReadonlyMap<string, ResolvedSetting>): string[][] {
  const isSet = (name: string): boolean => {
    const setting =
      settings.get(name) ?? [...settings.values()].find(({ definition }) => definition.aliases?.includes(name));
    return setting?.value !== undefined && setting.value !== null;
  };
  const missing = plugin.settingsGroups.map((group) => group.filter((name) => !isSet(name)));
  return missing.some((names) => names.length === 0) ? [] : missing;
}
