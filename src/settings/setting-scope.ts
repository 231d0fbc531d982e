import { TaplineError } from '../errors.js';
import type { SettingDefinition } from '../plugins/types.js';
import { CastFailure, castValue, isSensitive } from './cast.js';
import { expandValue, type Lookup } from './expand.js';
import type { Found, Layer } from './layers.js';
import { describeOrigin, overrides } from './origins.js';
import type { LayerValue, ResolvedSetting, SettingExplanation, SettingOrigin } from './types.js';

export interface ScopeParts {
  /** Whose settings these are, for messages: "The extractor 'tap-x'", "This project". */
  owner: string;
  definitions: readonly SettingDefinition[];
  /** Highest first. */
  layers: readonly Layer[];
  /** The variables that `$VAR` in a value refers to. */
  lookup(definition: SettingDefinition): Lookup;
  strict(): boolean;
}

interface Whole {
  value: unknown;
  raw: unknown;
  origin: SettingOrigin;
}

const unset: Found = { raw: undefined, expandable: false, origin: { layer: 'unset' } };

/** The settings of one plugin, or of the project, each resolved when it is first asked for. */
export class SettingScope {
  readonly definitions: readonly SettingDefinition[];
  readonly #parts: ScopeParts;
  readonly #byName: ReadonlyMap<string, SettingDefinition>;
  readonly #resolved = new Map<string, ResolvedSetting>();
  readonly #unexpanded = new Map<string, Found>();

  constructor(parts: ScopeParts) {
    this.#parts = parts;
    this.#byName = new Map(parts.definitions.map((definition) => [definition.name, definition]));
    this.definitions = [...this.#byName.values()];
  }

  /** A setting by name or, like the original, by alias. */
  find(name: string): SettingDefinition | undefined {
    return this.#byName.get(name) ?? this.definitions.find(({ aliases }) => aliases?.includes(name));
  }

  /** Expanded and cast. Throws SETTING_CAST, SETTING_CONFLICT, VARIABLE_UNSET. */
  resolve(definition: SettingDefinition): ResolvedSetting {
    const known = this.#resolved.get(definition.name);
    if (known) return known;
    const { value, raw, origin, sensitive, unset } = this.#resolve(definition);
    const { name } = definition;
    const setting = {
      name,
      definition,
      value,
      raw,
      origin,
      sensitive,
      extra: name.startsWith('_'),
      unset,
    };
    this.#resolved.set(name, setting);
    return setting;
  }

  /** What a child inherits: not expanded, since its own variables count; undefined where nothing but the default is set. */
  inheritable(name: string): Found | undefined {
    const definition = this.find(name);
    if (!definition) return undefined;
    const found = this.#findUnexpanded(definition);
    return found.origin.layer === 'default' || found.origin.layer === 'unset' ? undefined : found;
  }

  /** All layers that have a value; of variables each place that sets one. Undefined for an unknown name. */
  explain(name: string): SettingExplanation | undefined {
    const definition = this.find(name);
    if (!definition) return undefined;
    const setting = this.resolve(definition);
    const layers = this.#parts.layers.flatMap((layer) => valuesIn(layer, definition, setting));
    const isWeak = ['inherited', 'default', 'unset'].includes(layers[0]?.origin.layer ?? 'unset');
    const prefix = `${definition.name}.`;
    const leaves = this.definitions.filter((leaf) => leaf.name.startsWith(prefix)).map((leaf) => leaf.name);
    return { setting, layers, leaves: definition.kind === 'object' && isWeak ? leaves : [] };
  }

  #resolve(definition: SettingDefinition): Whole & { sensitive: boolean; unset: readonly string[] } {
    const found = this.#find(definition);
    const { value, unset } = found.expandable ? this.#expand(definition, found.raw) : { value: found.raw, unset: [] };
    const whole = this.#withLeaves(definition, { value, raw: found.raw, origin: found.origin }, (leaf) =>
      this.resolve(leaf),
    );
    const sensitive = isSensitive(definition) || found.sensitive === true;
    return { ...whole, sensitive, unset, value: this.#cast(definition, whole.value, whole.origin) };
  }

  #findUnexpanded(definition: SettingDefinition): Found {
    const known = this.#unexpanded.get(definition.name);
    if (known) return known;
    const found = this.#find(definition);
    const own = { value: found.raw, raw: found.raw, origin: found.origin };
    const whole = this.#withLeaves(definition, own, (leaf) => {
      const { raw, origin } = this.#findUnexpanded(leaf);
      return { value: raw, raw, origin };
    });
    const raw = found.expandable ? whole.value : this.#cast(definition, whole.value, whole.origin);
    const sensitive = isSensitive(definition) || found.sensitive === true;
    const result = { raw, expandable: found.expandable, origin: whole.origin, sensitive };
    this.#unexpanded.set(definition.name, result);
    return result;
  }

  #find(definition: SettingDefinition): Found {
    for (const layer of this.#parts.layers) {
      const found = layer(definition);
      if (found) return found;
    }
    return unset;
  }

  /** A value of which nothing is left after expansion counts as unset, though its layer has won (as the original). */
  #expand(definition: SettingDefinition, raw: unknown): { value: unknown; unset: string[] } {
    const lookup = this.#parts.lookup(definition);
    const unset = new Set<string>();
    const noting: Lookup = (name) => {
      const value = lookup(name);
      if (value === undefined) unset.add(name);
      return value;
    };
    const expanded = expandValue(raw, noting, this.#parts.strict());
    return { value: expanded === '' && raw !== '' ? undefined : expanded, unset: [...unset] };
  }

  /**
   * An object that is set nowhere as a whole, or only in a parent or by default, is made of its leaves (`obj.a`) where there
   * are any: they replace it, and it comes from where the strongest of them comes.
   */
  #withLeaves<T extends Whole>(
    definition: SettingDefinition,
    own: Whole,
    resolveLeaf: (leaf: SettingDefinition) => T,
  ): Whole {
    const weak = ['inherited', 'default', 'unset'].includes(own.origin.layer);
    if (definition.kind !== 'object' || !weak) return own;
    const values = new Map<string, T>();
    for (const spelling of [definition.name, ...(definition.aliases ?? [])]) {
      const prefix = `${spelling}.`;
      for (const leaf of this.definitions) {
        const key = leaf.name.startsWith(prefix) ? leaf.name.slice(prefix.length) : undefined;
        if (key !== undefined && !values.has(key)) values.set(key, resolveLeaf(leaf));
      }
    }
    if (values.size === 0) return own;
    let { origin } = own;
    for (const leaf of values.values()) if (overrides(leaf.origin.layer, origin.layer)) origin = leaf.origin;
    const entries = [...values];
    return {
      value: Object.fromEntries(entries.map(([key, leaf]) => [key, leaf.value ?? null])),
      raw: Object.fromEntries(entries.map(([key, leaf]) => [key, leaf.raw ?? null])),
      origin,
    };
  }

  #cast(definition: SettingDefinition, value: unknown, origin: SettingOrigin): unknown {
    try {
      return castValue(definition, value) ?? undefined;
    } catch (error) {
      if (!(error instanceof CastFailure)) throw error;
      throw new TaplineError('SETTING_CAST', `${this.#parts.owner}: ${error.message}`, {
        at: origin.at,
        hint: `${error.hint} The value comes from ${describeOrigin(origin)}.`,
        data: { setting: definition.name },
      });
    }
  }
}

/** A layer that is weaker than the winner may be broken without anybody having noticed. */
function valuesIn(layer: Layer, definition: SettingDefinition, { sensitive }: ResolvedSetting): LayerValue[] {
  try {
    const found = layer(definition);
    if (found === undefined) return [];
    const { raw, origin, weaker = () => [] } = found;
    const isSecret = sensitive || found.sensitive === true;
    return [{ raw, origin }, ...weaker()].map((value) => ({ ...value, sensitive: isSecret }));
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    return [{ raw: undefined, origin: { layer: 'unset', at: error.at }, sensitive, fault: error.message }];
  }
}
