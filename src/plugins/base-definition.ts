import { didYouMean } from '../did-you-mean.js';
import { type SourceLocation, TaplineError } from '../errors.js';
import { isNumber } from '../exact-number.js';
import type { PluginEntry, PluginType } from '../project/types.js';
import { readCommands } from './commands.js';
import { extraSettings } from './extras.js';
import type { LockFiles } from './lock-files.js';
import { readSettings } from './setting-definitions.js';
import type { BundledDefinitions, PluginCommand, PluginDefinition, SettingDefinition } from './types.js';

/** What a plugin entry falls back on when it has no parent in the project. */
export interface BaseDefinition {
  /** `assumed` is one that nobody wrote. */
  definedBy: 'custom' | 'lock' | 'bundled' | 'assumed';
  name: string;
  namespace: string;
  variant: string | undefined;
  label: string | undefined;
  description: string | undefined;
  pipUrl: string | undefined;
  python: string | undefined;
  executable: string;
  capabilities: ReadonlySet<string>;
  settings: readonly SettingDefinition[];
  extraSettings: readonly SettingDefinition[];
  settingsGroups: readonly (readonly string[])[];
  commands: ReadonlyMap<string, PluginCommand>;
  requiresMeltano: string | undefined;
}

export interface DefinitionSources {
  locks: LockFiles;
  bundled: BundledDefinitions;
}

/** Keys that say what a plugin is; all others are extras. */
const definitionKeys = new Set([
  'plugin_type',
  'name',
  'namespace',
  'variant',
  'label',
  'docs',
  'repo',
  'pip_url',
  'python',
  'executable',
  'description',
  'logo_url',
  'hidden',
  'capabilities',
  'settings_group_validation',
  'settings',
  'commands',
  'requires',
  'requires_meltano',
  'env',
  'supported_python_versions',
  'original',
  'deprecated',
  'annotations',
]);

/** Keys of an entry in meltano.yml that are no extras. */
const entryKeys = new Set([...definitionKeys, 'inherit_from', 'config']);

/** What only a definition may say: in an entry that stands on one, the original takes these for extras. */
const definitionOnly = ['docs', 'repo', 'supported_python_versions', 'original', 'deprecated'];

export function extrasOf(entry: PluginEntry): Record<string, unknown> {
  const isDefinition = inheritedName(entry) === undefined && isText(entry.namespace);
  const isExtra = (key: string) => !entryKeys.has(key) || (!isDefinition && definitionOnly.includes(key));
  return Object.fromEntries(Object.entries(entry).filter(([key]) => isExtra(key)));
}

/**
 * The definition that an entry stands on: its own (`namespace`), a bundled one (`variant: tapline`), its lock file; and where there
 * is none, but a pip_url or an executable, one that assumes the least. Throws PLUGIN_DEFINITION_MISSING.
 */
export function findBase(
  type: PluginType,
  entry: PluginEntry,
  sources: DefinitionSources,
  at: () => SourceLocation | undefined,
): BaseDefinition {
  const inheritFrom = inheritedName(entry);
  const name = inheritFrom ?? entry.name;
  if (inheritFrom === undefined && isText(entry.namespace)) return customBase(type, entry);
  const variant = isText(entry.variant) ? entry.variant : undefined;
  if (variant === bundledVariant) return readDefinition(type, findBundled(type, name, sources.bundled, at), 'bundled');
  const locked = sources.locks.find(type, name, variant);
  if (locked) return readDefinition(type, locked, 'lock');
  if (isText(entry.pip_url) || isText(entry.executable)) return assumedBase(type, entry, name);
  throw missingDefinition(type, entry, name, variant, sources, at());
}

const bundledVariant = 'tapline';

/** `inherit_from` of its own name means nothing, as in the original. */
export function inheritedName(entry: PluginEntry): string | undefined {
  const { inherit_from: from, name } = entry;
  return isText(from) && from !== name ? from : undefined;
}

/** Without `capabilities` it has none: no discovery and no --state, as in the original. */
function customBase(type: PluginType, entry: PluginEntry): BaseDefinition {
  // The extras of the entry are its values, not defaults, and its commands are its own; both are added with the entry.
  const keys = Object.entries(entry).filter(([key]) => definitionKeys.has(key) && key !== 'commands');
  return readDefinition(type, Object.fromEntries(keys) as PluginDefinition, 'custom');
}

/** The original would ask the hub and fail. Nobody can say more about such a tap than what nearly every tap can do. */
function assumedBase(type: PluginType, entry: PluginEntry, name: string): BaseDefinition {
  const base = readDefinition(type, { name, namespace: name.replaceAll('-', '_') }, 'assumed');
  const canAll = type === 'extractors' && (entry.capabilities === undefined || entry.capabilities === null);
  return { ...base, capabilities: new Set(canAll ? ['discover', 'catalog', 'state'] : []) };
}

function readDefinition(
  type: PluginType,
  definition: PluginDefinition,
  definedBy: BaseDefinition['definedBy'],
): BaseDefinition {
  const extras = Object.entries(definition).filter(([key]) => !definitionKeys.has(key));
  return {
    definedBy,
    name: definition.name,
    namespace: textOf(definition.namespace) ?? definition.name.replaceAll('-', '_'),
    variant: textOf(definition.variant),
    label: textOf(definition.label),
    description: textOf(definition.description),
    pipUrl: textOf(definition.pip_url),
    python: textOf(definition.python),
    executable: textOf(definition.executable) ?? definition.name,
    capabilities: new Set(definition.capabilities ?? []),
    settings: readSettings(definition.settings),
    extraSettings: extraSettings(type, Object.fromEntries(extras)),
    settingsGroups: readGroups(definition.settings_group_validation),
    commands: readCommands(definition.commands),
    requiresMeltano: textOf(definition.requires_meltano),
  };
}

export function readGroups(value: unknown): string[][] {
  return Array.isArray(value)
    ? value.filter((group) => Array.isArray(group)).map((group: unknown[]) => group.map(String))
    : [];
}

function findBundled(
  type: PluginType,
  name: string,
  bundled: BundledDefinitions,
  at: () => SourceLocation | undefined,
): PluginDefinition {
  const found = Object.hasOwn(bundled, name) ? bundled[name] : undefined;
  if (found && (found.plugin_type ?? type) === type) return found;
  const names = Object.values(bundled)
    .filter((definition) => (definition.plugin_type ?? type) === type)
    .map((definition) => definition.name);
  const known = names.length > 0 ? `Available: ${names.join(', ')}.` : 'None of this type is bundled.';
  throw new TaplineError(
    'PLUGIN_DEFINITION_MISSING',
    `No plugin '${name}' is bundled with tapline (variant: ${bundledVariant}).`,
    {
      at: at(),
      hint: [didYouMean(name, names), known].filter((part) => part !== undefined).join(' '),
    },
  );
}

function missingDefinition(
  type: PluginType,
  entry: PluginEntry,
  name: string,
  variant: string | undefined,
  { locks }: DefinitionSources,
  at: SourceLocation | undefined,
): TaplineError {
  const others = locks.of(type, name);
  const file = `plugins/${type}/${name}--${variant ?? 'default'}.lock`;
  const hint =
    others.length > 0
      ? `There is ${others.join(' and ')}: set its variant in meltano.yml.`
      : `Fetch it from the hub: tapline lock ${name}. Or add that lock file; or define the plugin here: 'pip_url' or 'executable', and for a custom plugin a 'namespace'.`;
  return new TaplineError(
    'PLUGIN_DEFINITION_MISSING',
    `plugin '${entry.name}' has no definition: ${file} does not exist`,
    { at, hint },
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

export function textOf(value: unknown): string | undefined {
  return isText(value) ? value : isNumber(value) ? String(value) : undefined;
}
