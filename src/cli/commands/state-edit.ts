import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { TaplineError } from '../../errors.js';
import type { OptionsOf } from '../../option-definition.js';
import type { Session } from '../../session.js';
import { splitShellWords } from '../../shell-words.js';
import { exactJson } from '../../singer/exact-json.js';
import { mergedView } from '../../state/merge.js';
import type { CommandContext } from '../context.js';
import { addOptions, examples } from '../options/commander.js';
import { databaseUri, force } from '../options/common.js';
import { parseState, setState } from '../state-edit.js';
import { openForState } from '../state-session.js';
import { stamp } from '../state-source.js';

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
      const before = await currentText(session, stateId);
      const after = editText(`${before}\n`, context.env);
      const log = await session.log();
      if (after.trim() === '' || after.trim() === before) return log.info('No changes detected');
      const check = async () => {
        if ((await currentText(session, stateId)) !== before) throw changedMeanwhile(stateId);
      };
      await setState(session, stateId, parseState(after, true), { force, check });
      log.info(`State for ${stateId} was successfully updated at ${stamp()}`);
    });
}

async function currentText(session: Session, stateId: string): Promise<string> {
  const current = await (await session.state()).read(stateId);
  return exactJson(current === undefined ? {} : mergedView(current), 2);
}

/** A run may have saved while the editor was open; the edit must not undo that. */
function changedMeanwhile(stateId: string): TaplineError {
  return new TaplineError('STATE_NOT_SAVED', `state '${stateId}' changed while the editor was open`, {
    hint: 'Your edit was not saved. Edit it again.',
  });
}

/** The text as the person left it in their editor. */
function editText(text: string, env: NodeJS.ProcessEnv): string {
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
