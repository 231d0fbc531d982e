import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { editStateText } from '../../../actions/state/edit.js';
import { TaplineError } from '../../../errors.js';
import type { OptionsOf } from '../../../option-definition.js';
import { splitShellWords } from '../../../shell-words.js';
import type { CommandContext } from '../../context.js';
import { addOptions, examples } from '../../options/commander.js';
import { databaseUri, force } from '../../options/common.js';
import { openForState, stamp } from './open-for-state.js';

const options = { ...force, ...databaseUri } as const;
type Options = OptionsOf<typeof options>;

export function stateEdit(command: Command, context: CommandContext): Command {
  addOptions(command, options);
  return command
    .argument('<state-id>')
    .addHelpText('after', examples('EDITOR=nano tapline state edit dev:tap-x-to-target-y'))
    .action(async (stateId: string, { force, databaseUri }: Options) => {
      if (!force) await context.confirm("This will overwrite the state's current value. Continue?");
      const session = await openForState(context, stateId, { access: 'write', databaseUri });
      const isChanged = await editStateText(session, stateId, (text) => editInEditor(text, context.env), { force });
      (await session.log()).info(
        isChanged ? `State for ${stateId} was successfully updated at ${stamp()}` : 'No changes detected',
      );
    });
}

/** The text as the person left it in their editor. */
function editInEditor(text: string, env: NodeJS.ProcessEnv): string {
  const folder = mkdtempSync(join(tmpdir(), 'tapline-state-'));
  const file = join(folder, 'state.json');
  try {
    writeFileSync(file, text, { mode: 0o600 });
    const [editor = 'vi', ...args] = splitShellWords(env.VISUAL || env.EDITOR || 'vi');
    const { status, error } = spawnSync(editor, [...args, file], { stdio: 'inherit', env });
    if (error || status !== 0) {
      throw new TaplineError('ABORTED', `editor '${editor}' failed: ${error ? error.message : `exit code ${status}`}`, {
        hint: 'The state was not changed. Set EDITOR to choose another editor.',
      });
    }
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
