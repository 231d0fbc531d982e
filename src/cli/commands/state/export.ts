import type { Command } from 'commander';
import { exportStates } from '../../../actions/state/read.js';
import type { OptionsOf } from '../../../option-definition.js';
import { exactJson } from '../../../singer/exact-json.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { all, databaseUri, described } from '../../options/common.js';

const options = { ...described(all, 'all states (default)'), ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateExport(command: Command, { open, output }: CommandContext): Command {
  addOptions(command, options);
  return command
    .addHelpText('after', examples('tapline state export > states.json'))
    .action(async ({ databaseUri }: Options) => {
      const session = await open({ policy: 'explicit', access: 'read', databaseUri });
      output.line(exactJson(await exportStates(session)));
    });
}
