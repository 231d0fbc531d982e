import type { Command } from 'commander';
import type { CommandContext } from '../context.js';
import { defineExtractLoad } from '../extract-load.js';
import { examples } from '../options/commander.js';

export function el(command: Command, context: CommandContext): Command {
  return defineExtractLoad(command, context).addHelpText(
    'after',
    `${examples(
      'tapline el tap-github target-postgres --state-id github',
      'tapline el tap-github target-postgres --state-id github --select issues --full-refresh',
      'tapline el tap-github target-postgres --dump catalog',
    )}

\`run\` finds the state ID itself and runs any number of blocks.`,
  );
}
