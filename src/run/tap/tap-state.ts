import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { hasCode, TaplineError } from '../../errors.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import { exactJson, parseExactJson } from '../../singer/exact-json.js';
import { mergedView } from '../../state/merge.js';
import type { SingerState, StateBackend, StoredState } from '../../state/port.js';
import type { Emit } from '../emit.js';
import { writePrivate } from '../files/plugin-files.js';
import { stateOfUnselected } from './selected-streams.js';

export interface TapStateOptions {
  stateId: string;
  fullRefresh: boolean;
  /** Patterns of `--select` and `--exclude`: only these streams are read, and a full refresh restarts only these. */
  selectFilter?: readonly string[] | undefined;
  /** For a backfill window, a start without a state is not reported. */
  isWindow?: boolean | undefined;
  projectRoot: string;
}

/** The state that the tap starts from. */
export interface TapState {
  /** Undefined if the tap starts from scratch. */
  text: string | undefined;
  /** The version of the state before this run. */
  version: number;
  /** The state before this run, if it reads only some streams: the bookmarks of the others are kept. */
  before?: SingerState | undefined;
  /** The state before this run is unreadable, so it is replaced instead of merged. */
  isReplaced?: true;
}

/**
 * The state that a tap gets: the file named by its extra `state`, else the merged view of the backend; none on a full refresh.
 * Throws STATE_UNREADABLE, and what the backend throws.
 */
export async function loadTapState(
  tap: ResolvedPlugin,
  backend: () => Promise<StateBackend>,
  { stateId, fullRefresh, selectFilter, isWindow = false, projectRoot }: TapStateOptions,
  emit: Emit,
): Promise<TapState> {
  const store = await backend();
  const stored = await readStored(store, stateId, fullRefresh && selectFilter === undefined, emit);
  if (stored === 'unreadable') {
    const [newest] = await store.versions(stateId, 1);
    return { text: undefined, version: newest?.version ?? 0, isReplaced: true };
  }
  const version = stored?.version ?? 0;
  const state = stored === undefined ? undefined : mergedView(stored).singer_state;
  const found = state !== undefined;
  const before = selectFilter === undefined ? undefined : state;
  if (!tap.plugin.capabilities.has('state')) return { text: undefined, version, before };
  if (fullRefresh) {
    emit({ type: 'state.loaded', stateId, found, ignored: true });
    const others = before === undefined ? undefined : stateOfUnselected(before, selectFilter ?? []);
    if (others !== undefined) emit({ type: 'log', level: 'info', message: othersKept });
    return { text: others === undefined ? undefined : stateText(others), version, before };
  }
  const file = isWindow ? undefined : stateFileOf(tap);
  if (file !== undefined) {
    emit({ type: 'log', level: 'info', message: `Found state in ${file}` });
    return { text: await readStateFile(resolve(projectRoot, file), tap), version, before };
  }
  if (found || !isWindow) emit({ type: 'state.loaded', stateId, found, ignored: false });
  return { text: found ? stateText(state) : undefined, version, before };
}

function stateFileOf({ extras }: ResolvedPlugin): string | undefined {
  return typeof extras.state === 'string' && extras.state !== '' ? extras.state : undefined;
}

/** A full refresh does not need the stored state, so it works even if that is unreadable. */
async function readStored(
  store: StateBackend,
  stateId: string,
  mayReplace: boolean,
  emit: Emit,
): Promise<StoredState | 'unreadable' | undefined> {
  try {
    return await store.read(stateId);
  } catch (error) {
    if (!mayReplace || !hasCode(error, 'STATE_UNREADABLE')) throw error;
    emit({ type: 'warning', code: error.code, message: error.message, hint: 'The full refresh replaces it.' });
    return 'unreadable';
  }
}

const othersKept = 'Only the selected streams restart from scratch; the others keep their bookmarks.';

function stateText(state: SingerState): string {
  return exactJson(state, 2);
}

async function readStateFile(file: string, tap: ResolvedPlugin): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new TaplineError('STATE_UNREADABLE', `Could not find state file ${file}: ${(error as Error).message}`, {
      at: tap.plugin.locate('extras', 'state'),
      hint: `The path comes from the extra \`state\` of extractor '${tap.plugin.name}' and is relative to the project's folder.`,
      cause: error,
    });
  }
}

/** The longest argument that Linux accepts, minus a margin. */
const maxArgumentBytes = 128 * 1024 - 16;

/** `--state FILE`, or the JSON text itself with `state_arg: inline` (`{}` on a first run). Throws STATE_UNREADABLE. */
export async function stateArgument(
  tap: ResolvedPlugin,
  text: string | undefined,
  directory: string,
): Promise<string | undefined> {
  if (isInline(tap)) {
    const inline = text === undefined ? '{}' : compact(text, tap);
    if (Buffer.byteLength(inline) <= maxArgumentBytes) return inline;
    throw new TaplineError('STATE_UNREADABLE', `state of '${tap.plugin.name}' is too long for an argument`, {
      at: tap.plugin.locate('extras', 'state_arg'),
      hint: 'Pass it as a file: `state_arg: file`.',
    });
  }
  if (text === undefined || text.trim() === '') return undefined;
  const file = join(directory, 'state.json');
  await writePrivate(file, text);
  return file;
}

export function isInline(tap: ResolvedPlugin): boolean {
  return tap.extras.state_arg === 'inline';
}

function compact(text: string, tap: ResolvedPlugin): string {
  try {
    return exactJson(parseExactJson(text));
  } catch (error) {
    throw new TaplineError('STATE_UNREADABLE', `state file of '${tap.plugin.name}' is not valid JSON`, {
      at: tap.plugin.locate('extras', 'state'),
      cause: error,
    });
  }
}
