import type { Command } from 'commander';
import { describeType } from '../../../install/hub/hub.js';
import type { Hub } from '../../../install/hub/types.js';
import type { OptionsOf } from '../../../option-definition.js';
import { type PluginType, pluginTypes } from '../../../project/types.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { all, databaseUri, described, pluginType, refreshHub, textOrJson } from '../../options/common.js';
import { table } from '../../table.js';
import { hubOf } from './open-hub.js';

const options = {
  ...pluginType,
  ...described(all, 'every variant, not only the default one'),
  ...textOrJson,
  ...refreshHub,
  ...databaseUri,
} as const;
type Options = OptionsOf<typeof options>;

interface Listing {
  type: string;
  name: string;
  variant: string;
  default: boolean;
}

export function hubList(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('[pattern]', 'only what has this text in its name or variant')
    .addHelpText(
      'after',
      examples(
        'tapline hub list github',
        'tapline hub list --plugin-type loader --all',
        'tapline hub list --format json',
      ),
    )
    .action(async (pattern: string | undefined, options: Options) => {
      const { hub, close } = await hubOf(context);
      try {
        const types = options.pluginType === undefined ? pluginTypes : [options.pluginType];
        const all = (await Promise.all(types.map((type) => listings(hub, type, options.refresh === true)))).flat();
        print(
          all.filter((each) => matches(each, pattern) && (options.all || each.default)),
          options,
          context,
        );
      } finally {
        await close();
      }
    });
}

async function listings(hub: Hub, type: PluginType, fresh: boolean): Promise<Listing[]> {
  const plugins = [...(await hub.index(type, { fresh })).values()];
  return plugins
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(({ name, defaultVariant, variants }) =>
      [defaultVariant, ...variants.filter((variant) => variant !== defaultVariant).sort()].map((variant) => ({
        type: describeType(type),
        name,
        variant,
        default: variant === defaultVariant,
      })),
    );
}

function matches({ name, variant }: Listing, pattern: string | undefined): boolean {
  const needle = pattern?.toLowerCase() ?? '';
  return name.toLowerCase().includes(needle) || variant.toLowerCase().includes(needle);
}

function print(rows: readonly Listing[], { format }: Options, { output }: CommandContext): void {
  if (format === 'json') output.json(rows);
  else if (rows.length > 0) output.line(table(['TYPE', 'NAME', 'VARIANT'], rows.map(cells)));
}

function cells({ type, name, variant, default: isDefault }: Listing): string[] {
  return [type, name, isDefault ? `${variant} (default)` : variant];
}
