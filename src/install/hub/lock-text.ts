/** The text of a lock file, byte for byte as Meltano 4.4.1 writes it from the same definition. */
import type { PluginType } from '../../project/types.js';
import { pythonJson } from '../../python-json.js';
import { isMap } from '../../values.js';

/** In the original's order; all other keys follow as they came. */
const leadingKeys = [
  'variant',
  'label',
  'docs',
  'repo',
  'pip_url',
  'python',
  'executable',
  'description',
  'logo_url',
  'capabilities',
  'settings_group_validation',
  'settings',
  'commands',
  'requires',
  'requires_meltano',
  'env',
  'supported_python_versions',
];
/** Of the hub's own, never written. */
const droppedKeys = new Set([
  'plugin_type',
  'name',
  'namespace',
  'hidden',
  'original',
  'deprecated',
  'is_default_variant',
]);

const settingKeys = [
  'name',
  'aliases',
  'env',
  'env_aliases',
  'kind',
  'value',
  'label',
  'documentation',
  'description',
  'tooltip',
  'options',
  'oauth',
  'placeholder',
  'env_specific',
  'hidden',
  'sensitive',
  'value_processor',
  'value_post_processor',
];

export function lockText(
  type: PluginType,
  name: string,
  variant: string,
  content: Readonly<Record<string, unknown>>,
): string {
  const shaped: Record<string, unknown> = {
    ...content,
    variant,
    label: content.label || name,
    settings: listOf(content.settings).map(lockedSetting),
    commands: lockedCommands(content.commands),
    requires: lockedRequirements(content.requires),
  };
  const lock: Record<string, unknown> = { plugin_type: type, name, namespace: content.namespace };
  for (const key of leadingKeys) if (isWorthWriting(shaped[key])) lock[key] = shaped[key];
  const isKnown = new Set([...leadingKeys, ...droppedKeys]);
  for (const [key, value] of Object.entries(content)) if (!isKnown.has(key)) lock[key] = value;
  return `${pythonJson(lock, 2)}\n`;
}

/** What Python takes for false is left out, but for `false` itself. */
function isWorthWriting(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0) return false;
  if (Array.isArray(value)) return value.length > 0;
  return !isMap(value) || Object.keys(value).length > 0;
}

/** The kinds `hidden`, `password` and `oauth` are older words for a flag, which is written beside them. */
function lockedSetting(setting: unknown): unknown {
  if (!isMap(setting)) return setting;
  const { kind } = setting;
  const isSecret = kind === 'password' || kind === 'oauth';
  const shaped: Record<string, unknown> = {
    ...setting,
    kind: (kind === 'hidden' && setting.hidden) || (isSecret && setting.sensitive) ? 'string' : kind,
    ...(kind === 'hidden' ? { hidden: true } : {}),
    ...(isSecret ? { sensitive: true } : {}),
  };
  const locked: Record<string, unknown> = {};
  for (const key of [...settingKeys, ...Object.keys(setting).filter((key) => !settingKeys.includes(key))]) {
    const value = shaped[key];
    const isKept = key === 'value' ? value !== undefined && value !== null : isWorthWriting(value);
    if (isKept && key !== 'custom') locked[key] = value;
  }
  return locked;
}

/** One with arguments only is written as that text. */
function lockedCommands(commands: unknown): Record<string, unknown> {
  const entries = Object.entries(isMap(commands) ? commands : {}).map(([name, command]): [string, unknown] => {
    if (!isMap(command)) return [name, command];
    const keys = ['args', 'description', 'executable', 'container_spec'];
    const kept = keys
      .filter((key) => isWorthWriting(command[key]))
      .map((key): [string, unknown] => [key, command[key]]);
    return [name, kept.length === 1 && kept[0]?.[0] === 'args' ? kept[0][1] : Object.fromEntries(kept)];
  });
  return Object.fromEntries(entries);
}

function lockedRequirements(requires: unknown): Record<string, unknown> {
  const entries = Object.entries(isMap(requires) ? requires : {}).map(([type, list]): [string, unknown] => [
    type,
    listOf(list).map((each) => {
      if (!isMap(each)) return each;
      return { name: each.name, ...(each.variant ? { variant: each.variant } : {}) };
    }),
  ]);
  return Object.fromEntries(entries);
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
