import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { defineExtractLoad } from '../extract-load.js';
import { addOptions, examples } from '../options/commander.js';
import { transformAfter } from '../options/run.js';

export function elt(command: Command, context: CommandContext): Command {
  addOptions(command, transformAfter);
  return defineExtractLoad(command, context, 'The `elt` command is deprecated in favor of `el`.').addHelpText(
    'after',
    `${examples('tapline elt tap-github target-postgres --state-id github --transform run')}

The older form of \`el\`. To transform, name the blocks: \`tapline run tap-github target-postgres dbt:run\`.`,
  );
}
