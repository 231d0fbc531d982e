import type { PluginType } from '../../project/types.js';

/** What a hub knows of one plugin name. */
export interface HubPlugin {
  name: string;
  defaultVariant: string;
  /** In the hub's order. */
  variants: string[];
}

/** The definition of one variant as the hub gives it, checked as far as we use it. */
export interface HubDefinition {
  type: PluginType;
  name: string;
  variant: string;
  isDefault: boolean;
  /** All keys, as they came. */
  content: Readonly<Record<string, unknown>>;
}

/** Where definitions of plugins come from. All methods throw the HUB_ errors. */
export interface Hub {
  /** For people: a URL or a folder. */
  readonly root: string;
  /** Plugins of a type by name. `fresh: false` takes an index that was fetched within the last hour. */
  index(type: PluginType, options?: { fresh?: boolean }): Promise<Map<string, HubPlugin>>;
  /** Without a variant, and for `default` and `original`, the hub's own choice, as in the original. */
  definition(type: PluginType, name: string, variant?: string): Promise<HubDefinition>;
  close(): Promise<void>;
}

/** Reads what stands behind the names. */
export interface HubSource {
  readonly root: string;
  /** The index of a type as it came; an empty map where the source has none of that type. */
  index(type: PluginType, fresh: boolean): Promise<unknown>;
  definition(type: PluginType, name: string, variant: string, ref: string): Promise<unknown>;
  close(): Promise<void>;
}
