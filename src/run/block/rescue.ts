import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TaplineError } from '../../errors.js';
import { quoteShellWord } from '../../shell-words.js';
import { exactJson } from '../../singer/exact-json.js';
import type { StateWrite } from '../../state/port.js';
import type { Checkpoint } from '../chain/checkpoints.js';
import { fileName, rescueName } from '../files/run-directory.js';

/** A longer state is not printed in an error. */
const maxPrintedLength = 64 * 1024;

/** A checkpoint that could not be saved. */
export interface UnsavedState {
  stateId: string;
  runId: string;
  checkpoint: Checkpoint;
  mode: StateWrite['mode'];
  /** Folders for the rescue file, best first. */
  folders: readonly string[];
}

/** The folders for a rescue file: in the project first, then the system's folder for temporary files. */
export function rescueFolders(runDirRoot: string): string[] {
  return [join(runDirRoot, 'tapline', rescueName), dirname(dirname(runDirRoot)), tmpdir()];
}

/** Writes a checkpoint that could not be saved to a private file; the error says how to restore it. */
export async function stateNotSaved(unsaved: UnsavedState, cause: unknown): Promise<TaplineError> {
  const text = exactJson({ singer_state: unsaved.checkpoint.state });
  const file = await rescueFile(unsaved, text);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TaplineError('STATE_NOT_SAVED', `state '${unsaved.stateId}' could not be saved: ${reason}`, {
    hint: file === undefined ? printedCure(unsaved, text) : cure(unsaved, file),
    cause,
    data: { stateId: unsaved.stateId, file, mode: unsaved.mode },
  });
}

function cure({ stateId, mode }: UnsavedState, file: string): string {
  const command = mode === 'completed' ? 'set' : 'merge';
  return `It was written to a file. Once the state backend works again: \`tapline state ${command} ${quoteShellWord(stateId)} --input-file ${quoteShellWord(file)}\`.`;
}

/** No file could be written either. A state is not a secret, so the error may contain it. */
function printedCure({ stateId, mode }: UnsavedState, text: string): string {
  const command = `tapline state ${mode === 'completed' ? 'set' : 'merge'} ${quoteShellWord(stateId)}`;
  if (text.length > maxPrintedLength)
    return `It could not be written to a file either and is too long to print. Run again: the data since the last saved state is read again.`;
  return `It could not be written to a file either. Once the state backend works again: \`${command} ${quoteShellWord(text)}\`.`;
}

async function rescueFile({ stateId, runId, folders }: UnsavedState, text: string): Promise<string | undefined> {
  const name = `${fileName(stateId)}.${fileName(runId)}.json`;
  for (const folder of folders) {
    const file = join(folder, folder === folders[0] ? name : `tapline-state-${name}`);
    // An unguessable name, and never through a link: the last folder is writable by all users.
    const draft = `${file}.${randomUUID()}`;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true });
      await rename(draft, file);
      return file;
    } catch {
      // Half a file is useless.
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }
  return undefined;
}
