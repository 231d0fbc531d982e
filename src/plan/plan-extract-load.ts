import type { Plugin } from '../plugins/types.js';
import type { BlockOptions, ChainBlock, CommandBlock, Plan } from './types.js';

export interface ExtractLoad {
  tap: Plugin;
  target: Plugin;
  /** As the caller says it; no environment is put before it. */
  stateId: string;
  options: BlockOptions;
  /** What `elt` runs after the chain: `only` leaves the chain out. */
  transform?: { transformer: Plugin; only: boolean } | undefined;
}

/** The commands of dbt that the original's `elt` runs, in order. */
const transformCommands = ['clean', 'deps', 'run'];

/** The plan of `el` and `elt`: one chain with a state ID of its own, and the commands of a transformer after it. */
export function planExtractLoad(wanted: ExtractLoad): Plan {
  const { tap, target, transform } = wanted;
  const chains = transform?.only === true ? [] : [chainBlockOf(wanted)];
  const commands = transform === undefined ? [] : commandBlocks(transform.transformer, [tap, target]);
  const blocks = [...chains, ...commands].map((block, index) => ({ ...block, id: String(index + 1) }));
  return { words: [tap.name, target.name], groups: blocks.map((block) => ({ blocks: [block] })) };
}

export function chainBlockOf({ tap, target, stateId, options }: ExtractLoad): ChainBlock {
  return {
    kind: 'chain',
    id: '1',
    name: `${tap.name} ${target.name}`,
    tap,
    mappers: [],
    target,
    stateId,
    options,
  };
}

function commandBlocks(plugin: Plugin, upstream: Plugin[]): CommandBlock[] {
  return transformCommands.map((command) => ({
    kind: 'command',
    id: '',
    name: `${plugin.name}:${command}`,
    plugin,
    command,
    args: [],
    upstream,
  }));
}
