import { didYouMean } from '../did-you-mean.js';
import { TaplineError } from '../errors.js';
import { type PluginType, type Project, pluginTypes, singularOf } from '../project/types.js';
import { type DefinitionSources, findBase } from './base-definition.js';
import { LockFiles } from './lock-files.js';
import { type Ground, MergedPlugin } from './merged-plugin.js';
import type { BundledDefinitions, Plugin, Plugins } from './types.js';

/** The plugins of a project; nothing is read or merged before it is asked for. `bundled`: the plugins that we ship. */
export function openPlugins(project: Project, { bundled = {} }: { bundled?: BundledDefinitions } = {}): Plugins {
  return new ProjectPlugins(project, { locks: new LockFiles(project.root), bundled });
}

class ProjectPlugins implements Plugins {
  private readonly lists = new Map<PluginType, MergedPlugin[]>();
  /** The plugins whose ground is being looked for: the chain of an inheritance. */
  private readonly pending: MergedPlugin[] = [];

  constructor(
    private readonly project: Project,
    private readonly sources: DefinitionSources,
  ) {}

  list(type?: PluginType): Plugin[] {
    return type === undefined ? pluginTypes.flatMap((each) => this.ofType(each)) : [...this.ofType(type)];
  }

  get(name: string, type?: PluginType): Plugin {
    const found = this.find(name, type) ?? this.findByMapping(name, type);
    if (found) return found;
    const what = type === undefined ? 'plugin' : singularOf(type);
    const names = this.names(type);
    const elsewhere = type === undefined ? undefined : this.lookUp(name)?.singular;
    const where = elsewhere === undefined ? undefined : `A plugin with this name has the type ${elsewhere}.`;
    throw new TaplineError('PLUGIN_UNKNOWN', `The ${what} '${name}' is not in this project.`, {
      hint:
        where ??
        didYouMean(name, names) ??
        (names.length > 0 && names.length <= 20 ? `Available: ${names.join(', ')}.` : undefined),
    });
  }

  find(name: string, type?: PluginType): Plugin | undefined {
    return this.lookUp(name, type)?.ensureDefined();
  }

  mappings(mappingName: string): Plugin[] {
    return this.ofType('mappers').flatMap((mapper) =>
      mapper.mappings.flatMap(({ name }, mapping) => {
        if (name !== mappingName) return [];
        const index = this.ofType('mappers').indexOf(mapper);
        const entry = this.project.pluginEntries.mappers[index];
        return entry ? [this.create('mappers', entry, index, mapping).ensureDefined()] : [];
      }),
    );
  }

  /** A mapper as one of its mappings, which may be named instead of it. As Meltano 4.4.1 does. */
  private findByMapping(name: string, type?: PluginType): Plugin | undefined {
    return type === undefined || type === 'mappers' ? this.mappings(name)[0] : undefined;
  }

  names(type?: PluginType): string[] {
    const types = type === undefined ? pluginTypes : [type];
    return [...new Set(types.flatMap((each) => this.project.pluginEntries[each].map(({ name }) => name)))];
  }

  private lookUp(name: string, type?: PluginType): MergedPlugin | undefined {
    const types = type === undefined ? pluginTypes : [type];
    for (const each of types) {
      const index = this.project.pluginEntries[each].findIndex((entry) => entry.name === name);
      if (index >= 0) return this.ofType(each)[index];
    }
    return undefined;
  }

  private ofType(type: PluginType): MergedPlugin[] {
    const known = this.lists.get(type);
    if (known) return known;
    const made = this.project.pluginEntries[type].map((entry, index) => this.create(type, entry, index));
    this.lists.set(type, made);
    return made;
  }

  private create(
    type: PluginType,
    entry: Project['pluginEntries'][PluginType][number],
    index: number,
    mapping?: number,
  ): MergedPlugin {
    const ground = (plugin: MergedPlugin) => this.findGround(plugin, entry);
    return new MergedPlugin({ project: this.project, type, entry, index, mapping }, ground);
  }

  /**
   * A variant of its own makes an heir take the definition of that variant; else a plugin of the project comes before
   * definitions of that name. As in the original.
   */
  private findGround(plugin: MergedPlugin, entry: Project['pluginEntries'][PluginType][number]): Ground {
    const { inheritFrom, type } = plugin;
    const hasVariant = entry.variant !== undefined && entry.variant !== null;
    const parent = inheritFrom !== undefined && !hasVariant ? this.lookUp(inheritFrom, type) : undefined;
    if (!parent) return { kind: 'base', base: findBase(type, entry, this.sources, () => plugin.at) };
    if (this.pending.includes(plugin) || parent === plugin) throw this.circle(plugin);
    this.pending.push(plugin);
    try {
      return { kind: 'parent', parent: parent.ensureDefined() };
    } finally {
      this.pending.pop();
    }
  }

  private circle(plugin: MergedPlugin): TaplineError {
    const chain = [...this.pending.slice(this.pending.indexOf(plugin)), plugin].map(({ name }) => `'${name}'`);
    return new TaplineError(
      'PLUGIN_INHERITANCE',
      `Plugins inherit from each other in a cycle: ${chain.join(' from ')}.`,
      {
        at: plugin.at,
        hint: 'Remove inherit_from from one of them.',
      },
    );
  }
}
