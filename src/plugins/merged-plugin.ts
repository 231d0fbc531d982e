import type { SourceLocation } from '../errors.js';
import { envMap } from '../project/environments.js';
import type { PluginEntry, PluginType, Project, ProjectPath } from '../project/types.js';
import { singularOf } from '../project/types.js';
import { isMap } from '../values.js';
import { type BaseDefinition, extrasOf, inheritedName, readGroups, textOf } from './base-definition.js';
import { readCommands } from './commands.js';
import { defineMissing, readSettings, replaceByName } from './setting-definitions.js';
import type { Plugin, PluginCommand, SettingDefinition } from './types.js';

/** What an entry stands on: a plugin of the project that it inherits from, or a definition. */
export type Ground = { kind: 'parent'; parent: MergedPlugin } | { kind: 'base'; base: BaseDefinition };

export interface EntryPlace {
  project: Project;
  type: PluginType;
  entry: PluginEntry;
  index: number;
  /** For the pseudo plugin of a mapping: its number in `mappings`. */
  mapping?: number | undefined;
}

/**
 * A plugin entry over what it stands on. What that is is found out on the first question that needs it, and each part is
 * merged when it is first asked for: a project with 200 plugins pays for those that it uses.
 */
export class MergedPlugin implements Plugin {
  readonly type: PluginType;
  readonly name: string;
  readonly inheritFrom: string | undefined;
  private readonly entry: PluginEntry;
  private readonly path: ProjectPath;
  private readonly memory = new Map<string, unknown>();

  constructor(
    private readonly place: EntryPlace,
    private readonly findGround: (plugin: MergedPlugin) => Ground,
  ) {
    this.type = place.type;
    this.name = place.entry.name;
    this.entry = place.entry;
    this.inheritFrom = inheritedName(place.entry);
    this.path = ['plugins', place.type, place.index];
  }

  /** Finds parent and definition now. Throws PLUGIN_DEFINITION_MISSING, PLUGIN_INHERITANCE, PLUGIN_LOCK_BROKEN. */
  ensureDefined(): this {
    void this.ground;
    return this;
  }

  private get ground(): Ground {
    return this.once('ground', () => this.findGround(this));
  }

  private get base(): MergedPlugin | BaseDefinition {
    return this.ground.kind === 'parent' ? this.ground.parent : this.ground.base;
  }

  get parent(): MergedPlugin | undefined {
    return this.ground.kind === 'parent' ? this.ground.parent : undefined;
  }

  private get definedBy(): BaseDefinition['definedBy'] | 'inherited' {
    return this.ground.kind === 'base' ? this.ground.base.definedBy : 'inherited';
  }

  get singular(): string {
    return singularOf(this.type);
  }

  get namespace(): string {
    const own = textOf(this.entry.namespace);
    return own ?? (this.inheritFrom === undefined ? this.base.namespace : this.name.replaceAll('-', '_'));
  }

  get definitionNamespace(): string {
    return this.base.namespace;
  }

  /** `default` where nothing names one, as the original has it. */
  get variant(): string {
    return textOf(this.entry.variant) ?? this.base.variant ?? 'default';
  }

  get label(): string | undefined {
    const own = textOf(this.entry.label);
    if (own !== undefined || this.inheritFrom === undefined) return own ?? this.base.label;
    return `${this.base.label ?? this.base.name}: ${this.name}`;
  }

  get description(): string | undefined {
    return textOf(this.entry.description) ?? this.base.description;
  }

  get custom(): boolean {
    return this.definedBy === 'custom' || this.definedBy === 'assumed';
  }

  get bundled(): boolean {
    if (textOf(this.entry.pip_url) ?? textOf(this.entry.executable)) return false;
    return this.parent?.bundled ?? this.definedBy === 'bundled';
  }

  get pipUrl(): string | undefined {
    return textOf(this.entry.pip_url) ?? this.base.pipUrl;
  }

  get python(): string | undefined {
    return textOf(this.entry.python) ?? this.base.python;
  }

  get executable(): string {
    const own = textOf(this.entry.executable);
    if (own !== undefined) return own;
    const inherited = this.base.executable;
    const isGuess = inherited === this.base.name;
    return isGuess && this.isDbt ? 'dbt' : inherited;
  }

  /** dbt's own packages (dbt-core, dbt-postgres ...) all bring the program `dbt`. */
  private get isDbt(): boolean {
    if (this.type !== 'transformers' && this.definedBy !== 'assumed') return false;
    return this.variant.startsWith('dbt-') || /(?:^|[\s/])dbt-[a-z0-9]/.test(this.pipUrl ?? '');
  }

  get capabilities(): ReadonlySet<string> {
    const own = this.entry.capabilities;
    return Array.isArray(own) ? this.once('capabilities', () => new Set(own.map(String))) : this.base.capabilities;
  }

  get settings(): readonly SettingDefinition[] {
    return this.once('settings', () => {
      const known = [...this.ownAndInheritedSettings, ...this.extraSettings];
      const config = defineMissing(known, this.environmentConfig);
      const extras = defineMissing(known, this.environmentExtras, { prefix: '_' });
      return [...known, ...config, ...extras];
    });
  }

  private get ownAndInheritedSettings(): SettingDefinition[] {
    return this.once('ownSettings', () => {
      const inherited = this.parent ? this.parent.ownAndInheritedSettings : (this.base as BaseDefinition).settings;
      const known = replaceByName(inherited, readSettings(this.entry.settings));
      return [...known, ...defineMissing(known, this.config)];
    });
  }

  /** Extras of the type, the definition and the entry; a child adds its own. */
  get extraSettings(): readonly SettingDefinition[] {
    return this.once('extraSettings', () => {
      const known: readonly SettingDefinition[] = this.base.extraSettings;
      return [...known, ...defineMissing(known, this.extras, { prefix: '_' })];
    });
  }

  get settingsGroups(): readonly (readonly string[])[] {
    const own = this.entry.settings_group_validation;
    return Array.isArray(own) ? this.once('groups', () => readGroups(own)) : this.base.settingsGroups;
  }

  get commands(): ReadonlyMap<string, PluginCommand> {
    return this.once('commands', () => new Map([...this.base.commands, ...readCommands(this.entry.commands)]));
  }

  get config(): Readonly<Record<string, unknown>> {
    const { mapping } = this.place;
    const value = mapping === undefined ? this.entry.config : this.mappings[mapping]?.config;
    return isMap(value) ? value : {};
  }

  get extras(): Readonly<Record<string, unknown>> {
    return this.once('extras', () => {
      const own = extrasOf(this.entry);
      return this.mapping === undefined ? own : { ...own, mapping: true, mapping_name: this.mapping };
    });
  }

  get environmentConfig(): Readonly<Record<string, unknown>> {
    const config = this.environmentEntry?.entry.config;
    return isMap(config) ? config : {};
  }

  get environmentExtras(): Readonly<Record<string, unknown>> {
    return this.once('environmentExtras', () => {
      const {
        name: _name,
        config: _config,
        env: _env,
        annotations: _annotations,
        ...extras
      } = this.environmentEntry?.entry ?? { name: '' };
      return extras;
    });
  }

  get environmentEnv(): Readonly<Record<string, string>> {
    return this.once('environmentEnv', () => envMap(this.environmentEntry?.entry.env));
  }

  /** The active environment's first entry of this name and type, with its number. */
  private get environmentEntry(): { entry: PluginEntry; index: number } | undefined {
    return this.once('environmentEntry', () => {
      const entries = this.place.project.environment?.plugins[this.type] ?? [];
      const index = entries.findIndex(({ name }) => name === this.name);
      const entry = entries[index];
      return entry && { entry, index };
    });
  }

  get env(): Readonly<Record<string, string>> {
    return this.once('env', () => envMap(this.entry.env));
  }

  get requiresMeltano(): string | undefined {
    return textOf(this.entry.requires_meltano) ?? this.base.requiresMeltano;
  }

  get mapping(): string | undefined {
    const { mapping } = this.place;
    return mapping === undefined ? undefined : this.mappings[mapping]?.name;
  }

  get mappings(): Plugin['mappings'] {
    return this.once('mappings', () => {
      const list = this.type === 'mappers' && Array.isArray(this.entry.mappings) ? this.entry.mappings : [];
      return list.map((item: { name: unknown; config?: unknown }) => ({
        name: String(item.name),
        config: isMap(item.config) ? item.config : {},
      }));
    });
  }

  /** A child without a pip_url of its own lives in its parent's virtual environment, as in the original. */
  get venvOwner(): string {
    if (this.inheritFrom === undefined) return this.name;
    const own = textOf(this.entry.pip_url);
    if (own !== undefined && own !== this.base.pipUrl) return this.name;
    return this.parent?.venvOwner ?? this.base.name;
  }

  get at(): SourceLocation | undefined {
    return this.place.project.locate(this.path);
  }

  locate(area: Parameters<Plugin['locate']>[0], key?: string): SourceLocation | undefined {
    const path = this.pathOf(area);
    if (!path) return undefined;
    const { locate } = this.place.project;
    if (key === undefined) return locate(path);
    return locate([...path, key]) ?? locate([...path, ...key.split('.')]);
  }

  private pathOf(area: Parameters<Plugin['locate']>[0]): ProjectPath | undefined {
    if (area === 'extras') return this.path;
    if (area === 'env') return [...this.path, 'env'];
    const { mapping, project } = this.place;
    if (area === 'config')
      return mapping === undefined ? [...this.path, 'config'] : [...this.path, 'mappings', mapping, 'config'];
    const { environment } = project;
    if (!environment || !this.environmentEntry) return undefined;
    const number = project.environments.indexOf(environment);
    const entry = ['environments', number, 'config', 'plugins', this.type, this.environmentEntry.index];
    if (area === 'environmentExtras') return entry;
    return [...entry, area === 'environmentEnv' ? 'env' : 'config'];
  }

  private once<T>(key: string, make: () => T): T {
    if (!this.memory.has(key)) this.memory.set(key, make());
    return this.memory.get(key) as T;
  }
}
