import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { TaplineError } from '../errors.js';
import { exactJson } from '../singer/exact-json.js';
import type { SingerState, StateLease, StateWrite } from '../state/port.js';
import { secondsLeft } from './claim/keep-lease.js';
import { fileName, rescueName } from './files/run-directory.js';

/** Errors that a later try may not meet. All others are final at once. */
const passing = new Set([
  'DATABASE_LOCKED',
  'DATABASE_OPEN',
  'DATABASE_UNREACHABLE',
  'STATE_BACKEND_UNREACHABLE',
  'DISK_FULL',
]);

/** A state above this many bytes is not printed into an error. */
const longestPrinted = 64 * 1024;

/**
 * Writes under a lease. While the store is away and the lease lives, the rejection is marked `retryable`: the newest checkpoint is
 * tried again. Once the lease is lost or has no time left it is final.
 */
export async function underLease<T>(lease: StateLease, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!mayPass(error) || secondsLeft(lease) <= 0) throw error;
    throw Object.assign(error instanceof Error ? error : new Error(String(error)), { retryable: true });
  }
}

/** The store is away or busy: a later try may go well. */
export function mayPass(error: unknown): boolean {
  return error instanceof TaplineError ? passing.has(error.code) : isSystemError(error);
}

/** What has no code comes from our own program, and comes again each time. */
function isSystemError(error: unknown): boolean {
  return typeof (error as { code?: unknown } | null)?.code === 'string';
}

export interface UnsavedState {
  stateId: string;
  runId: string;
  state: SingerState;
  mode: StateWrite['mode'];
  /** Where a rescue file may be, best first. */
  folders: readonly string[];
}

/** The places for a rescue file: in the project first, then where the system keeps passing files. */
export function rescueFolders(runDirRoot: string): string[] {
  return [join(runDirRoot, 'tapline', rescueName), dirname(dirname(runDirRoot)), tmpdir()];
}

/** A checkpoint that could not be saved: puts it into a file for this user only, and says how to bring it in. */
export async function stateNotSaved(unsaved: UnsavedState, cause: unknown): Promise<TaplineError> {
  const text = exactJson({ singer_state: unsaved.state });
  const file = await rescueFile(unsaved, text);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TaplineError('STATE_NOT_SAVED', `The state of ${unsaved.stateId} could not be saved: ${reason}`, {
    hint: file === undefined ? printedCure(unsaved, text) : cure(unsaved, file),
    cause,
    data: { stateId: unsaved.stateId, file, mode: unsaved.mode },
  });
}

function cure({ stateId, mode }: UnsavedState, file: string): string {
  const command = mode === 'completed' ? 'set' : 'merge';
  return `It is in a file. Once the state backend works again: \`tapline state ${command} ${quote(stateId)} --input-file ${quote(file)}\`.`;
}

/** No file could be written either. A state is no secret, so it may stand in the error. */
function printedCure({ stateId, mode }: UnsavedState, text: string): string {
  const command = `tapline state ${mode === 'completed' ? 'set' : 'merge'} ${quote(stateId)}`;
  if (text.length > longestPrinted)
    return `It could not be written to a file either, and is too long to print: run again, and the data since the last saved state is read once more.`;
  return `It could not be written to a file either. Once the state backend works again: \`${command} ${quote(text)}\`.`;
}

async function rescueFile({ stateId, runId, folders }: UnsavedState, text: string): Promise<string | undefined> {
  const name = `${fileName(stateId)}.${fileName(runId)}.json`;
  for (const folder of folders) {
    const file = join(folder, folder === folders[0] ? name : `tapline-state-${name}`);
    // A name that nobody can guess, and never through a link: the last of the folders is everybody's.
    const draft = `${file}.${randomUUID()}`;
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(draft, text, { mode: 0o600, flag: 'wx', flush: true });
      await rename(draft, file);
      return file;
    } catch {
      // Half of it helps nobody.
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }
  return undefined;
}

function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
