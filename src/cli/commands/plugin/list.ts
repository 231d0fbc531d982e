import type { Command } from 'commander';
import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import type { Plugin } from '../../../plugins/types.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { textOrJson } from '../../options/common.js';

const options = { ...textOrJson } as const;
type Options = OptionsOf<typeof options>;

export function pluginList(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText('after', examples('tapline plugin list', 'tapline plugin list --format json'))
    .action(async ({ format }: Options) => {
      const session = await open({ policy: 'default', access: 'read' });
      const listings = (await session.plugins()).list().map(listingOf);
      if (format === 'json') return output.json(listings);
      if (listings.length === 0)
        return output.line("No plugins are defined in this project.\nAdd one with 'tapline add'.");
      const { table } = await import('../../table.js');
      const rows = listings.map(({ type, name, variant, inherit_from: parent, custom }) => [
        type,
        name,
        // An inheriting plugin takes its parent's variant.
        parent === null ? (variant ?? '') : '(inherited)',
        parent ?? '',
        custom ? '✓' : '',
      ]);
      output.line(table(['type', 'name', 'variant', 'inherit from', 'custom'], rows));
    });
}

/** The original's JSON: see schemas/output-plugin-list.schema.json. */
interface Listing {
  type: string;
  name: string;
  variant: string | null;
  inherit_from: string | null;
  custom: boolean;
  /** Only Meltano Cloud knows of updates. */
  update: false;
  pip_url: string | null;
}

function listingOf(plugin: Plugin): Listing {
  const { singular: type, name, inheritFrom = null } = plugin;
  const { variant = null, custom, pip_url } = definedParts(plugin);
  return { type, name, variant, inherit_from: inheritFrom, custom, update: false, pip_url };
}

/** A plugin without a definition is listed too. */
function definedParts(plugin: Plugin): { variant?: string | undefined; custom: boolean; pip_url: string | null } {
  try {
    const { variant, custom, pipUrl = null } = plugin;
    return { variant, custom, pip_url: pipUrl };
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    return { custom: false, pip_url: null };
  }
}
