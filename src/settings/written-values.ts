import { closest } from '../did-you-mean.js';
import { durationSeconds } from '../duration.js';
import { TaplineError } from '../errors.js';
import { plainNumber } from '../exact-number.js';
import type { Plugin, SettingDefinition } from '../plugins/types.js';
import { CastFailure, castValue } from './cast.js';
import { flatten } from './nested-keys.js';
import { selectionExtraOf, takesCatalog, unsupportedSelection } from './unsupported-selection.js';

export interface WrittenFault {
  severity: 'error' | 'warning';
  error: TaplineError;
}

/**
 * Values of a plugin that stand in the project's files and can't be right, whatever the variables are: of the wrong kind, or
 * under a name that is nearly that of a setting. `environment`: in the active environment's entry, else in the plugin's own.
 */
export function checkWrittenValues(plugin: Plugin, where: 'own' | 'environment'): WrittenFault[] {
  const [config, extras] =
    where === 'own' ? [plugin.config, plugin.extras] : [plugin.environmentConfig, plugin.environmentExtras];
  const named = Object.fromEntries(Object.entries(extras).map(([name, value]) => [`_${name}`, value]));
  const byName = new Map(
    plugin.settings.flatMap((definition) =>
      [definition.name, ...(definition.aliases ?? [])].map((name) => [name, definition] as const),
    ),
  );
  const unsupported = selectionFault(plugin, extras, where);
  const flat = flatten({ ...config, ...named });
  const faults = [...flat].flatMap(([name, value]) => checkValue(plugin, where, name, value, byName));
  return [...unsupported, ...faults];
}

function selectionFault(
  plugin: Plugin,
  extras: Readonly<Record<string, unknown>>,
  where: 'own' | 'environment',
): WrittenFault[] {
  const extra = plugin.type !== 'extractors' || takesCatalog(plugin) ? undefined : selectionExtraOf(extras);
  if (extra === undefined) return [];
  const at = plugin.locate(where === 'own' ? 'extras' : 'environmentExtras', extra);
  return [{ severity: 'warning', error: unsupportedSelection(plugin, extra, at) }];
}

function checkValue(
  plugin: Plugin,
  where: 'own' | 'environment',
  name: string,
  value: unknown,
  byName: ReadonlyMap<string, SettingDefinition>,
): WrittenFault[] {
  const definition = byName.get(name);
  const at = placeOf(plugin, where, name);
  if (definition === undefined) return [];
  const misspelt = definition.custom === true ? nearMiss(name, byName) : undefined;
  if (misspelt !== undefined) {
    const message = `'${name}' is not a setting that ${plugin.name} defines.`;
    const hint = `Did you mean '${misspelt}'?`;
    return [{ severity: 'warning', error: new TaplineError('SETTING_UNKNOWN', message, { at, hint }) }];
  }
  // What holds a variable is known only when it runs.
  if (typeof value === 'string' && value.includes('$')) return [];
  try {
    castValue(definition, value);
    if (durations.has(name) && !isDuration(value))
      throw new CastFailure(
        `'${String(value)}' is not a duration for '${name}'.`,
        'Seconds, or a text such as 30s or 5m.',
      );
    return [];
  } catch (error) {
    if (!(error instanceof CastFailure)) throw error;
    const message = `The ${plugin.singular} '${plugin.name}': ${error.message}`;
    return [{ severity: 'error', error: new TaplineError('SETTING_CAST', message, { at, hint: error.hint }) }];
  }
}

/** Extras that are an amount of time in words. */
const durations: ReadonlySet<string> = new Set(['_retry_delay']);

function isDuration(written: unknown): boolean {
  const value = plainNumber(written);
  if (value === null || value === undefined || value === '') return true;
  return (typeof value === 'string' || typeof value === 'number') && durationSeconds(value) !== undefined;
}

/** Nested keys of an object that is a setting are its own business. */
function nearMiss(name: string, byName: ReadonlyMap<string, SettingDefinition>): string | undefined {
  if (name.startsWith('_')) return undefined;
  const parents = name
    .split('.')
    .slice(0, -1)
    .map((_, index, steps) => steps.slice(0, index + 1).join('.'));
  if (parents.some((parent) => byName.has(parent))) return undefined;
  const defined = [...byName].filter(([each, { custom }]) => custom !== true && !each.startsWith('_'));
  return closest(
    name,
    defined.map(([each]) => each),
  );
}

function placeOf(plugin: Plugin, where: 'own' | 'environment', name: string): ReturnType<Plugin['locate']> {
  const isExtra = name.startsWith('_');
  const key = isExtra ? name.slice(1) : name;
  if (where === 'own') return plugin.locate(isExtra ? 'extras' : 'config', key) ?? plugin.at;
  return plugin.locate(isExtra ? 'environmentExtras' : 'environmentConfig', key) ?? plugin.at;
}
