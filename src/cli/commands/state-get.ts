import type { Command } from 'commander';
import { exactJson } from '../../singer/exact-json.js';
import { mergedView } from '../../state/merge.js';
import type { CommandContext } from '../context.js';
import { databaseUriOption, examples, formatOption } from '../shared-options.js';
import { openForState } from '../state-session.js';

export function stateGet(command: Command, context: CommandContext): Command {
  return command
    .argument('<state-id>')
    .addOption(formatOption(['json', 'pretty']))
    .addOption(databaseUriOption())
    .addHelpText('after', examples('tapline state get dev:tap-github-to-target-postgres > state.json'))
    .action(async (stateId: string, { format, databaseUri }: { format: 'json' | 'pretty'; databaseUri?: string }) => {
      const session = await openForState(context, stateId, { access: 'read', databaseUri });
      const backend = await session.state();
      const state = await backend.read(stateId);
      // Nothing is an empty state, not an error, as in the original.
      const merged = state === undefined ? {} : mergedView(state);
      context.output.line(exactJson(merged, format === 'pretty' ? 2 : undefined));
    });
}
