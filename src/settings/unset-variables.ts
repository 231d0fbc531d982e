/** Variables that the settings of a plugin refer to and that are not set: an empty value takes their place. */
import { TaplineError } from '../errors.js';
import type { ResolvedPlugin, ResolvedSetting } from './types.js';

export interface UnsetVariable {
  variable: string;
  error: TaplineError;
}

/** Each variable once, with the first setting that refers to it. */
export function unsetVariablesOf({ plugin, settings }: Pick<ResolvedPlugin, 'plugin' | 'settings'>): UnsetVariable[] {
  const byVariable = new Map<string, ResolvedSetting>();
  for (const setting of settings.values())
    for (const variable of setting.unset) if (!byVariable.has(variable)) byVariable.set(variable, setting);
  return [...byVariable].map(([variable, { name, extra, origin }]) => {
    const [area, key] = extra ? (['extras', name.slice(1)] as const) : (['config', name] as const);
    const message = `variable '${variable}' is not set: ${extra ? 'extra' : 'setting'} '${key}' of '${plugin.name}' refers to it`;
    const at = origin.at ?? plugin.locate(area, key);
    return {
      variable,
      error: new TaplineError('VARIABLE_UNSET', message, { at, hint: `Set ${variable} in the shell or in .env.` }),
    };
  });
}
