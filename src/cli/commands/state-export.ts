import type { Command } from 'commander';
import pLimit from 'p-limit';
import type { OptionsOf } from '../../option-definition.js';
import { exactJson } from '../../singer/exact-json.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { all, databaseUri, described } from '../options/common.js';

/** Enough to hide the latency of a remote store. */
const maxParallel = 32;

const options = { ...described(all, 'all states (default)'), ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateExport(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText('after', examples('tapline state export > states.json'))
    .action(async ({ databaseUri }: Options) => {
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
