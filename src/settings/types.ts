import type { SourceLocation } from '../errors.js';
import type { Plugin, SettingDefinition } from '../plugins/types.js';
import type { Project } from '../project/types.js';

export type SettingLayer =
  | 'override'
  | 'env'
  | 'dotenv'
  | 'environment'
  | 'meltano_yml'
  | 'db'
  | 'inherited'
  | 'default'
  | 'unset';

/** Where a value comes from: the layer that won, and the place in it. */
export interface SettingOrigin {
  layer: SettingLayer;
  /** The variable, for env and dotenv. */
  variable?: string | undefined;
  /** The file whose content is the value: `variable` is then the one that names it, `TAP_X_TOKEN_FILE`. */
  file?: string | undefined;
  /** Where the variable was set, when not by the shell: e.g. the plugin's `env:`. */
  at?: SourceLocation | undefined;
  /** The parent, for inherited; its own origin is nested. */
  inheritedFrom?: { plugin: string; origin: SettingOrigin } | undefined;
}

export interface ResolvedSetting {
  /** `a.b` for nested ones; extras start with `_`. */
  name: string;
  definition: SettingDefinition;
  /** Expanded and cast; undefined where unset. */
  value: unknown;
  /** As the layer had it, unexpanded. */
  raw: unknown;
  origin: SettingOrigin;
  sensitive: boolean;
  extra: boolean;
  /** Variables that the winning value refers to and that are not set. */
  unset: readonly string[];
}

/** What one layer has for a setting, whether it wins or not. */
export interface LayerValue {
  /** As it stands there, unexpanded. */
  raw: unknown;
  origin: SettingOrigin;
  sensitive: boolean;
  /** Why the layer can't be read. */
  fault?: string | undefined;
}

export interface SettingExplanation {
  setting: ResolvedSetting;
  /** Strongest first: the first one wins. */
  layers: LayerValue[];
  /** Settings that an object is made of, where it is set nowhere as a whole. */
  leaves: string[];
}

export interface ResolvedPlugin {
  plugin: Plugin;
  /** Definition order, customs last; extras included. */
  settings: ReadonlyMap<string, ResolvedSetting>;
  /** The nested object that the config file holds: no nulls, no extras. */
  config: Record<string, unknown>;
  /** Extras by name without `_`, nested: `select`, `metadata`, `select_filter`, `state_arg` ... */
  extras: Record<string, unknown>;
  /** Variables that describe and configure the plugin (TAP_X_*, MELTANO_EXTRACT_*, MELTANO_EXTRACTOR_NAME ...), for itself and those after it in a chain. */
  exported: Record<string, string>;
  /** The whole environment of its process (venv additions aside, which install/ knows). */
  processEnv: Record<string, string>;
  /** Every sensitive value of it, raw text, for masking. */
  secrets: string[];
  /** Groups of required settings of which none is complete: what is missing. Empty when fine or when it has no groups. */
  missing: string[][];
}

export interface ResolveOptions {
  /** Command-line values by setting name; the highest layer. */
  overrides?: Record<string, unknown> | undefined;
  /** `exported` of the plugins before it in the chain. */
  upstream?: Record<string, string> | undefined;
  /** Variables of a pipeline, a step or the words of a run: stronger than all others. */
  extraEnv?: Readonly<Record<string, string>> | undefined;
}

/** Values of the `plugin_settings` table, by namespace and name; the session reads them where the table has any. */
export type StoredSettings = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** That table, to be changed. */
export interface SettingsTable {
  set(namespace: string, name: string, value: unknown): Promise<void>;
  /** True where there was such a row. */
  unset(namespace: string, name: string): Promise<boolean>;
  clear(namespace: string): Promise<boolean>;
}

export interface SettingsResolver {
  project: Project;
  /** MELTANO_* settings of the project itself, by dotted name, with their origins. */
  projectSettings(): ReadonlyMap<string, ResolvedSetting>;
  /** One value, typed by the caller. */
  projectSetting(name: string): unknown;
  plugin(plugin: Plugin, options?: ResolveOptions): ResolvedPlugin;
  /** Where one setting of a plugin, or of the project, could come from; undefined where there is none of that name or alias. */
  explain(plugin: Plugin | undefined, name: string): SettingExplanation | undefined;
  /** Sensitive values of the project's own settings (passwords in database_uri, keys of a state backend), for masking. */
  projectSecrets(): string[];
  /** A `state_id_suffix` of an environment, expanded for the chain of this tap. */
  stateIdSuffix(text: string, tap: Plugin, options?: ResolveOptions): string;
  /** The environment for install and for commands without a plugin: os env, .env, meltano.yml env, project variables. */
  projectEnv(): Record<string, string>;
  /** The same, with the `env:` of the active environment: what run steps and pipelines refer to. */
  environmentEnv(): Record<string, string>;
  /** `$VAR` and `${VAR}` as the original expands them; strict mode throws VARIABLE_UNSET. */
  expand(text: string, env: Readonly<Record<string, string | undefined>>): string;
}
