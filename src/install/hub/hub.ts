/** A hub: the index of a plugin type, then the definition of one variant. As Meltano 4.4.1 asks its own. */
import { didYouMean } from '../../did-you-mean.js';
import { TaplineError } from '../../errors.js';
import type { PluginType } from '../../project/types.js';
import { singularOf } from '../../project/types.js';
import { isMap } from '../../values.js';
import type { Hub, HubDefinition, HubPlugin, HubSource } from './types.js';

interface Indexed extends HubPlugin {
  refs: Map<string, string>;
}

export function createHub(source: HubSource): Hub {
  const index = async (type: PluginType, fresh: boolean) => readIndex(await source.index(type, fresh), source.root);
  return {
    root: source.root,
    index: (type, { fresh = true } = {}) => index(type, fresh),
    async definition(type, name, variant) {
      const known = await index(type, true);
      const plugin = known.get(name);
      if (plugin === undefined) throw unknownPlugin(type, name, [...known.keys()], source.root);
      const chosen =
        variant === undefined || variant === 'default' || variant === 'original' ? plugin.defaultVariant : variant;
      const ref = plugin.refs.get(chosen);
      if (ref === undefined) throw unknownVariant(type, plugin, chosen);
      const content = readDefinition(await source.definition(type, name, chosen, ref), { type, name, variant: chosen });
      return { type, name, variant: chosen, isDefault: chosen === plugin.defaultVariant, content };
    },
    close: () => source.close(),
  };
}

/** How the original calls a type to people. */
export function describeType(type: PluginType): string {
  return type === 'files' ? 'file bundle' : singularOf(type);
}

export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function readIndex(value: unknown, root: string): Map<string, Indexed> {
  if (!isMap(value)) throw invalid(root, 'its index is not a map');
  const plugins = new Map<string, Indexed>();
  for (const [name, entry] of Object.entries(value)) {
    if (!isSafeName(name) || !isMap(entry) || !isMap(entry.variants)) continue;
    const refs = new Map<string, string>();
    for (const [variant, place] of Object.entries(entry.variants)) {
      if (isSafeName(variant)) refs.set(variant, isMap(place) && typeof place.ref === 'string' ? place.ref : '');
    }
    const [first] = refs.keys();
    if (first === undefined) continue;
    const defaultVariant = typeof entry.default_variant === 'string' ? entry.default_variant : first;
    plugins.set(name, { name, defaultVariant, variants: [...refs.keys()], refs });
  }
  return plugins;
}

/** A definition of another name would be locked under that name, over somebody else's file. */
function readDefinition(
  value: unknown,
  { type, name, variant }: Pick<HubDefinition, 'type' | 'name' | 'variant'>,
): Record<string, unknown> {
  const what = `its definition of ${describeType(type)} '${name}' (variant ${variant})`;
  if (!isMap(value)) throw invalid(what, 'it is not a map');
  if (value.name !== name) throw invalid(what, `it is named '${String(value.name)}'`);
  return value;
}

/** Names become parts of file names. */
function isSafeName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);
}

function invalid(what: string, reason: string): TaplineError {
  return new TaplineError('HUB_ANSWER', `The hub's answer can't be used (${what}): ${reason}.`, {
    hint: 'Check the settings hub_url and hub_api_root: they must lead to a hub of plugin definitions.',
  });
}

function unknownPlugin(type: PluginType, name: string, known: readonly string[], root: string): TaplineError {
  return new TaplineError(
    'HUB_PLUGIN_UNKNOWN',
    `${capitalized(describeType(type))} '${name}' is not known to the hub at ${root}.`,
    {
      hint: [
        didYouMean(name, known),
        'Add your own plugin with --custom, or one that has a definition file with --from-ref FILE.',
      ]
        .filter((part) => part !== undefined)
        .join(' '),
    },
  );
}

function unknownVariant(type: PluginType, plugin: HubPlugin, variant: string): TaplineError {
  const { name, defaultVariant, variants } = plugin;
  const labels = [`${defaultVariant} (default)`, ...variants.filter((each) => each !== defaultVariant)];
  return new TaplineError(
    'HUB_VARIANT_UNKNOWN',
    `${capitalized(describeType(type))} '${name}' has no variant '${variant}' on the hub.`,
    { hint: `Variants: ${labels.join(', ')}.` },
  );
}
