import type { Plugin } from '../plugins/types.js';
import type { Block, Plan } from './types.js';

/** The plugins of a block, in the order in which data passes them. */
export function pluginsOf(block: Block): Plugin[] {
  return block.kind === 'chain' ? [block.tap, ...block.mappers, block.target] : [block.plugin];
}

/** All plugins that a plan runs, each once. */
export function pluginsOfPlan({ groups }: Plan): Plugin[] {
  return [...new Set(groups.flatMap(({ blocks }) => blocks.flatMap(pluginsOf)))];
}
