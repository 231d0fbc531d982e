import type { BlockOptions } from '../plan/types.js';

/** A block's own options; the command line fills the unset ones. */
export function optionsOf(own: BlockOptions, defaults: BlockOptions | undefined): BlockOptions {
  const options: BlockOptions = { ...defaults };
  for (const [name, value] of Object.entries(own)) if (value !== undefined) Object.assign(options, { [name]: value });
  return options;
}

/**
 * Whether a checkpoint replaces the state or is merged into the partial one, as in the original: a full refresh may stop half-way,
 * and then the streams that it has not reached keep their bookmarks. `isWhole`: the checkpoint already has the bookmarks of those
 * streams, so it can replace the state.
 */
export function saveMode(
  { fullRefresh, stateStrategy = 'auto' }: BlockOptions,
  isWhole: boolean,
): 'completed' | 'partial' {
  if (stateStrategy === 'merge') return 'partial';
  return fullRefresh && stateStrategy === 'auto' && !isWhole ? 'partial' : 'completed';
}
