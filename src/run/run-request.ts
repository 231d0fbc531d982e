/** How a run was called and what it planned: kept with its row, so that `tapline retry` can take it up. */
import type { BlockOptions, Plan } from '../plan/types.js';
import type { RunOptions, SecretMask } from './types.js';
import { maskWord } from './word-secrets.js';

export interface RunRequest {
  /** Of the command line. Only what `run` started can be taken up. */
  command: string;
  /** The schedule that called it: its variables are set again. */
  schedule?: string | undefined;
  options: RequestOptions;
  /** All blocks of the plan, those included that an earlier run has done. */
  blocks: PlannedBlock[];
  /** IDs of the blocks that earlier runs have done. */
  done: string[];
}

export interface RequestOptions
  extends Pick<
    RunOptions,
    'jobs' | 'onFailure' | 'ifRunning' | 'install' | 'strictSinger' | 'timeoutSeconds' | 'retry'
  > {
  defaults?: BlockOptions | undefined;
}

/** What must be the same for a block to be the same. */
export interface PlannedBlock {
  id: string;
  name: string;
  stateId: string | null;
  /** Of a plugin's command: what its line gives it. */
  args: readonly string[];
}

/** Without `--force`: that another run was taken over once is no reason to do it again. */
export function requestOf(command: string, plan: Plan, options: RunOptions, schedule?: string): RunRequest {
  const { jobs, onFailure, ifRunning, install, strictSinger, timeoutSeconds, retry, defaults } = options;
  return {
    command,
    schedule,
    options: {
      jobs,
      onFailure,
      ifRunning,
      install: install === 'skip' ? install : undefined,
      strictSinger,
      timeoutSeconds,
      retry,
      defaults: { ...defaults, force: undefined },
    },
    blocks: plannedBlocks(plan),
    done: [],
  };
}

export function plannedBlocks({ groups }: Plan): PlannedBlock[] {
  const blocks = groups.flatMap((group) => group.blocks);
  return blocks.map((block) => ({
    id: block.id,
    name: block.name,
    stateId: block.kind === 'chain' ? (block.stateId ?? null) : null,
    args: block.kind === 'command' ? block.args : [],
  }));
}

/** As it is kept. Where a word or an option holds a secret nothing is: what is left of it would mean something else. */
export function requestRow(request: RunRequest, words: readonly string[], mask: SecretMask): Record<string, unknown> {
  const args = request.blocks.flatMap((block) => block.args);
  const text = JSON.stringify({ words, request });
  const isSecret =
    mask.own(text) !== text ||
    words.some((word) => maskWord(word, mask) !== word) ||
    args.some((arg) => mask.text(arg) !== arg);
  if (isSecret) return { command: request.command, hidden: true };
  return { ...request };
}

/** What a row has of it. `hidden`: see `requestRow`. Undefined where nothing was kept, or by a program that did it otherwise. */
export function readRequest(
  row: Record<string, unknown> | undefined,
): RunRequest | { command: string; hidden: true } | undefined {
  if (typeof row?.command !== 'string') return undefined;
  if (row.hidden === true) return { command: row.command, hidden: true };
  const { options, blocks, done } = row as Partial<RunRequest>;
  if (typeof options !== 'object' || options === null || !Array.isArray(blocks) || !Array.isArray(done))
    return undefined;
  return { ...(row as unknown as RunRequest), options, blocks, done };
}
