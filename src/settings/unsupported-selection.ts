/** Selection rules of a tap that takes no catalog: it loads every stream and column, whatever they say. */
import { type SourceLocation, TaplineError } from '../errors.js';
import type { Plugin } from '../plugins/types.js';

/** Extras that change the catalog a tap is given. */
const selectionExtras = ['select', 'select_filter', 'metadata', 'schema'] as const;

/** The option that a tap takes a catalog with; undefined if it takes none. */
export function catalogOption({ capabilities }: Pick<Plugin, 'capabilities'>): 'catalog' | 'properties' | undefined {
  return (['catalog', 'properties'] as const).find((option) => capabilities.has(option));
}

export function takesCatalog(plugin: Pick<Plugin, 'capabilities'>): boolean {
  return catalogOption(plugin) !== undefined;
}

/** The first extra of these that holds rules. The default `*.*` is not a rule. */
export function selectionExtraOf(extras: Readonly<Record<string, unknown>>): string | undefined {
  return selectionExtras.find((name) => holdsRules(extras[name]));
}

export function unsupportedSelection(plugin: Plugin, extra: string, at: SourceLocation | undefined): TaplineError {
  return new TaplineError(
    'SELECTION_UNSUPPORTED',
    `\`${extra}\` has no effect on '${plugin.name}': it does not declare the capability \`catalog\``,
    {
      at,
      hint: 'The tap loads every stream and column. If it accepts a catalog, add `catalog` (or `properties`) to its `capabilities`; otherwise remove the rules.',
    },
  );
}

function holdsRules(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0 && !(value.length === 1 && value[0] === '*.*');
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}
