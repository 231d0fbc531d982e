/** How a run was called and what it planned: stored with its row, so that `tapline retry` can resume it. */
import type { Plan } from '../plan/types.js';
import type { PlannedBlock, RunOptions, RunRequest, SecretMask } from './types.js';

/** Leaves out `--force`: a retry must not take a lease over because the first run did. */
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

/** The request as stored. If a word or an option holds a secret, nothing is stored: a masked request would mean something else. */
export function requestRow(request: RunRequest, words: readonly string[], mask: SecretMask): Record<string, unknown> {
  const args = request.blocks.flatMap((block) => block.args);
  const whole = JSON.stringify({ words, request });
  const isSecret = mask.own(whole) !== whole || [...words, ...args].some((text) => mask.text(text) !== text);
  if (isSecret) return { command: request.command, hidden: true };
  return { ...request };
}

/** Reads a stored request. `hidden`: see `requestRow`. Undefined if none was stored, or in another form. */
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
