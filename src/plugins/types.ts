import type { SourceLocation } from '../errors.js';
import type { PluginType } from '../project/types.js';

export const settingKinds = [
  'string',
  'integer',
  'boolean',
  'decimal',
  'date_iso8601',
  'email',
  'password',
  'oauth',
  'options',
  'file',
  'array',
  'object',
  'hidden',
] as const;
export type SettingKind = (typeof settingKinds)[number];

export interface SettingDefinition {
  name: string;
  kind?: SettingKind | undefined;
  /** The default; may hold `$VAR`. */
  value?: unknown;
  aliases?: string[] | undefined;
  /** Exported under this name as well, never read (as the original). */
  env?: string | undefined;
  /** Read; `!VAR` negates. */
  env_aliases?: string[] | undefined;
  label?: string | undefined;
  description?: string | undefined;
  documentation?: string | undefined;
  placeholder?: string | undefined;
  options?: { label: string; value: unknown }[] | undefined;
  hidden?: boolean | undefined;
  sensitive?: boolean | undefined;
  env_specific?: boolean | undefined;
  value_processor?: string | undefined;
  value_post_processor?: string | undefined;
  /** Made up for a value in `config` that no definition names; its kind is guessed. */
  custom?: boolean | undefined;
}

export interface PluginCommand {
  name: string;
  /** Shell words, split before expansion. */
  args: string;
  description?: string | undefined;
  executable?: string | undefined;
  containerSpec?: Record<string, unknown> | undefined;
}

/**
 * What a plugin is, whoever uses it: a lock file, or the definition of a plugin that we ship. Keys as in
 * schemas/plugin-definition.schema.json; further keys are defaults of extras (`select`, `metadata` ...).
 */
export interface PluginDefinition {
  name: string;
  plugin_type?: PluginType | undefined;
  namespace?: string | undefined;
  variant?: string | undefined;
  label?: string | undefined;
  description?: string | undefined;
  pip_url?: string | null | undefined;
  python?: string | undefined;
  executable?: string | undefined;
  capabilities?: readonly string[] | undefined;
  settings?: readonly SettingDefinition[] | undefined;
  settings_group_validation?: readonly (readonly string[])[] | undefined;
  commands?: Readonly<Record<string, unknown>> | undefined;
  requires_meltano?: string | undefined;
  [extra: string]: unknown;
}

/** The plugins that we ship, by name. */
export type BundledDefinitions = Readonly<Record<string, PluginDefinition>>;

/** One plugin with everything that its entry, its parents, its lock file or its bundled definition say. */
export interface Plugin {
  type: PluginType;
  /** `extractor`, `loader`, `utility` ... */
  singular: string;
  name: string;
  namespace: string;
  variant: string | undefined;
  label: string | undefined;
  description: string | undefined;
  /** The plugin that it inherits from in this project. */
  parent: Plugin | undefined;
  inheritFrom: string | undefined;
  custom: boolean;
  /** `variant: tapline`: shipped with us, runs as this Node with its chunk. */
  bundled: boolean;
  pipUrl: string | undefined;
  python: string | undefined;
  executable: string;
  capabilities: ReadonlySet<string>;
  /** Definition order: definition's, own replacing by name, own added, then extras (names with `_`), customs last. */
  settings: readonly SettingDefinition[];
  settingsGroups: readonly (readonly string[])[];
  commands: ReadonlyMap<string, PluginCommand>;
  /** `config:` of the entry, as written. */
  config: Readonly<Record<string, unknown>>;
  /** Extras of the entry without `_` (select, metadata, ...), as written. */
  extras: Readonly<Record<string, unknown>>;
  /** The same two of the active environment's entry, and its env. */
  environmentConfig: Readonly<Record<string, unknown>>;
  environmentExtras: Readonly<Record<string, unknown>>;
  environmentEnv: Readonly<Record<string, string>>;
  env: Readonly<Record<string, string>>;
  /** Of the definition, or the plugin, that it stands on; its own where it inherits from none. */
  definitionNamespace: string;
  requiresMeltano: string | undefined;
  /** Set on the pseudo plugins that mappings are. */
  mapping: string | undefined;
  mappings: readonly { name: string; config: Readonly<Record<string, unknown>> }[];
  /** Which plugin's folder under `.meltano/<type>/` holds the venv. */
  venvOwner: string;
  at: SourceLocation | undefined;
  /** For origins: where a config key or extra stands, own entry or the active environment's. */
  locate(
    area: 'config' | 'extras' | 'environmentConfig' | 'environmentExtras' | 'environmentEnv' | 'env',
    key?: string,
  ): SourceLocation | undefined;
}

/** All plugins of a project; definitions are merged on first use of each. */
export interface Plugins {
  /** All of a type (or all), in file order, mappings excluded. Never throws for one broken definition: see `get`. */
  list(type?: PluginType): Plugin[];
  /** First type in the original's order wins. PLUGIN_UNKNOWN with a suggestion. */
  get(name: string, type?: PluginType): Plugin;
  find(name: string, type?: PluginType): Plugin | undefined;
  /** Pseudo plugins of that mapping name, over all mappers. */
  mappings(mappingName: string): Plugin[];
  /** Names without merging anything, for suggestions and completions. */
  names(type?: PluginType): string[];
}
