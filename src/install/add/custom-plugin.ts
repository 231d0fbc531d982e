/** A plugin that its entry in meltano.yml describes whole: of one's own, or from a definition file. */
import { TaplineError } from '../../errors.js';
import { settingKinds } from '../../plugins/types.js';
import type { PluginType } from '../../project/types.js';
import { isMap } from '../../values.js';
import type { NewPlugin } from './new-plugin.js';

/** As the original orders them in meltano.yml. */
const keysInOrder = [
  'namespace',
  'python',
  'label',
  'variant',
  'docs',
  'repo',
  'pip_url',
  'executable',
  'description',
  'logo_url',
  'capabilities',
  'settings_group_validation',
  'settings',
  'requires',
  'requires_meltano',
  'supported_python_versions',
  'commands',
  'env',
];

/** Extras of the definition are left out, as in the original: they are the definition's defaults, not the project's values. */
export function customPlugin(
  type: PluginType,
  definition: Readonly<Record<string, unknown>> & { name: string },
): NewPlugin {
  const { name } = definition;
  const shaped = { ...definition, settings: settingsOf(definition.settings) };
  const entry: NewPlugin['entry'] = { name };
  for (const key of keysInOrder) {
    const value = (shaped as Record<string, unknown>)[key];
    if (!isEmpty(value)) entry[key] = value;
  }
  const variant = typeof definition.variant === 'string' ? `${definition.variant} (default)` : undefined;
  return {
    type,
    name,
    entry,
    lock: undefined,
    content: definition,
    inheritFrom: undefined,
    variantLabel: variant,
    inProjectFile: true,
  };
}

/** `token:password,port:integer,user` as settings. Throws USAGE for a kind that there is not. */
export function parseSettings(text: string): { name: string; kind?: string }[] {
  return words(text).map((word) => {
    const [name = '', kind = ''] = splitOnce(word);
    if (kind === '') return { name };
    if (settingKinds.some((known) => known === kind)) return { name, kind };
    throw new TaplineError('USAGE', `'${kind}' is not a kind of setting.`, {
      exitCode: 1,
      hint: `Kinds: ${settingKinds.join(', ')}.`,
    });
  });
}

export function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function splitOnce(word: string): [string, string] {
  const colon = word.indexOf(':');
  return colon === -1 ? [word, ''] : [word.slice(0, colon), word.slice(colon + 1).trim()];
}

/** `password` and `hidden` are older words for a flag; meltano.yml gets the flag. */
function settingsOf(settings: unknown): unknown {
  if (!Array.isArray(settings)) return undefined;
  return settings.map((setting: unknown) => {
    if (!isMap(setting)) return setting;
    const { kind } = setting;
    if (kind === 'password' || kind === 'oauth') return { ...setting, kind: 'string', sensitive: true };
    return kind === 'hidden' ? { ...setting, kind: 'string', hidden: true } : setting;
  });
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0;
}
