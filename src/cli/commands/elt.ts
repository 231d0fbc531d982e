import { type Command, Option } from 'commander';
import type { CommandContext } from '../context.js';
import { defineExtractLoad } from '../extract-load.js';
import { examples } from '../shared-options.js';

export function elt(command: Command, context: CommandContext): Command {
  command.addOption(
    new Option('--transform <how>', 'run the transformer `dbt` afterwards, or alone').choices(['skip', 'only', 'run']),
  );
  return defineExtractLoad(command, context, 'The `elt` command is deprecated in favor of `el`.').addHelpText(
    'after',
    `${examples('tapline elt tap-github target-postgres --state-id github --transform run')}

An older form of \`el\`. To run transformations, use blocks: \`tapline run tap-github target-postgres dbt:run\`.`,
  );
}
