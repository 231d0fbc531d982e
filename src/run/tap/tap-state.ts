import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TaplineError } from '../../errors.js';
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
  /** Of `--select` and `--exclude`: only these streams are read, and begin anew at a full refresh. */
  selectFilter?: readonly string[] | undefined;
  /** Of a backfill: to begin without a state is no news. */
  isWindow?: boolean | undefined;
  projectRoot: string;
}

/** What the tap starts from, as text; undefined where it starts from nothing. `version`: of the state before this run. */
export interface TapState {
  text: string | undefined;
  version: number;
  /** The state before this run, where it reads some streams only: what it says of the others stays. */
  before?: SingerState | undefined;
  /** The state before this run can't be read, so nothing is merged into it. */
  isReplaced?: true;
}

/**
 * The state that a tap gets: the file that its extra `state` names, else the merged view of the backend; none at a full refresh.
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

/** A full refresh needs nothing of what is kept, so it is a cure for what can't be read. */
async function readStored(
  store: StateBackend,
  stateId: string,
  isCure: boolean,
  emit: Emit,
): Promise<StoredState | 'unreadable' | undefined> {
  try {
    return await store.read(stateId);
  } catch (error) {
    if (!isCure || !(error instanceof TaplineError) || error.code !== 'STATE_UNREADABLE') throw error;
    emit({ type: 'warning', code: error.code, message: error.message, hint: 'The full refresh replaces it.' });
    return 'unreadable';
  }
}

const othersKept = 'Only the selected streams begin anew; the others keep their bookmarks.';

function stateText(state: SingerState): string {
  return exactJson(state, 2);
}

async function readStateFile(file: string, tap: ResolvedPlugin): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new TaplineError('STATE_UNREADABLE', `Could not find state file ${file}: ${(error as Error).message}`, {
      at: tap.plugin.locate('extras', 'state'),
      hint: `It is named by the extra \`state\` of extractor '${tap.plugin.name}', relative to the project's folder.`,
      cause: error,
    });
  }
}

/** Longest single argument that Linux takes, less some room. */
const longestArgument = 128 * 1024 - 16;

/** `--state FILE`, or the JSON text itself with `state_arg: inline` (`{}` on a first run). Throws STATE_UNREADABLE. */
export async function stateArgument(
  tap: ResolvedPlugin,
  text: string | undefined,
  directory: string,
): Promise<string | undefined> {
  if (isInline(tap)) {
    const inline = text === undefined ? '{}' : compact(text, tap);
    if (Buffer.byteLength(inline) <= longestArgument) return inline;
    throw new TaplineError('STATE_UNREADABLE', `The state of '${tap.plugin.name}' is too long for an argument.`, {
      at: tap.plugin.locate('extras', 'state_arg'),
      hint: 'Let the tap take a file: `state_arg: file`.',
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
    throw new TaplineError('STATE_UNREADABLE', `The state file of '${tap.plugin.name}' holds no JSON.`, {
      at: tap.plugin.locate('extras', 'state'),
      cause: error,
    });
  }
}
