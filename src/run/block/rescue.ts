import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TaplineError } from '../../errors.js';
import { exactJson } from '../../singer/exact-json.js';
import type { SingerState, StateLease, StateWrite } from '../../state/port.js';
import { secondsLeft } from '../claim/lease.js';
import { fileName, rescueName } from '../files/run-directory.js';

/** Errors that a later try may not meet. All others are final. */
const passing = new Set([
  'DATABASE_LOCKED',
  'DATABASE_OPEN',
  'DATABASE_UNREACHABLE',
  'STATE_BACKEND_UNREACHABLE',
  'DISK_FULL',
]);

/** A longer state is not printed in an error. */
const maxPrintedLength = 64 * 1024;

/**
 * Writes under a lease. While the store is unreachable and the lease is valid, the rejection is marked `retryable`: the newest
 * checkpoint is tried again. Once the lease is lost or has expired, the rejection is final.
 */
export async function underLease<T>(lease: StateLease, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!mayPass(error) || secondsLeft(lease) <= 0) throw error;
    throw Object.assign(error instanceof Error ? error : new Error(String(error)), { retryable: true });
  }
}

/** The store is unreachable or busy: a later try may succeed. */
export function mayPass(error: unknown): boolean {
  return error instanceof TaplineError ? passing.has(error.code) : isSystemError(error);
}

/** An error without a code is a bug of ours and recurs each time. */
function isSystemError(error: unknown): boolean {
  return typeof (error as { code?: unknown } | null)?.code === 'string';
}

export interface UnsavedState {
  stateId: string;
  runId: string;
  state: SingerState;
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
  const text = exactJson({ singer_state: unsaved.state });
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
  return `It was written to a file. Once the state backend works again: \`tapline state ${command} ${quote(stateId)} --input-file ${quote(file)}\`.`;
}

/** No file could be written either. A state is not a secret, so the error may contain it. */
function printedCure({ stateId, mode }: UnsavedState, text: string): string {
  const command = `tapline state ${mode === 'completed' ? 'set' : 'merge'} ${quote(stateId)}`;
  if (text.length > maxPrintedLength)
    return `It could not be written to a file either and is too long to print. Run again: the data since the last saved state is read again.`;
  return `It could not be written to a file either. Once the state backend works again: \`${command} ${quote(text)}\`.`;
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

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
