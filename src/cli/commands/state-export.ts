import type { Command } from 'commander';
import pLimit from 'p-limit';
import { exactJson } from '../../singer/exact-json.js';
import type { CommandContext } from '../context.js';
import { databaseUriOption, examples } from '../shared-options.js';

/** Enough to hide the latency of a remote store. */
const maxParallel = 32;

export function stateExport(command: Command, { open, output }: CommandContext): Command {
  return command
    .option('--all', 'all states, as without it')
    .addOption(databaseUriOption())
    .addHelpText('after', examples('tapline state export > states.json'))
    .action(async ({ databaseUri }: { databaseUri?: string }) => {
      const session = await open({ policy: 'explicit', access: 'read', databaseUri });
      const backend = await session.state();
      const limit = pLimit(maxParallel);
      const listed = await backend.list();
      const states = await Promise.all(listed.map(({ stateId }) => limit(() => backend.read(stateId))));
      const halves = states.flatMap((state) =>
        state === undefined ? [] : [[state.stateId, { completed: state.completed, partial: state.partial }]],
      );
      output.line(exactJson(Object.fromEntries(halves)));
    });
}
