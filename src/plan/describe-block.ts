/** How events, history and plans describe a block. */
import { pluginsOf } from './block-plugins.js';
import type { Block } from './types.js';

export interface BlockDescription {
  kind: Block['kind'];
  name: string;
  /** As the words name them: a mapping by its own name. */
  plugins: string[];
  stateId?: string | undefined;
  /** The label of a backfill window. */
  window?: string | undefined;
}

export function describeBlock(block: Block): BlockDescription {
  const plugins = pluginsOf(block).map((plugin) => plugin.mapping ?? plugin.name);
  const description = { kind: block.kind, name: block.name, plugins };
  if (block.kind !== 'chain') return description;
  const { stateId, window } = block;
  return {
    ...description,
    ...(stateId === undefined ? {} : { stateId }),
    ...(window === undefined ? {} : { window: window.label }),
  };
}
