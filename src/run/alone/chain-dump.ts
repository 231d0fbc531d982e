import { randomUUID } from 'node:crypto';
import { TaplineError } from '../../errors.js';
import type { ChainBlock } from '../../plan/types.js';
import { exactJson } from '../../singer/exact-json.js';
import { type ResolvedChain, resolveChain } from '../block/setup.js';
import { createEmitter, type Emit } from '../emit.js';
import type { RunSubscriber } from '../events.js';
import { withSignals } from '../signals.js';
import { loadTapState } from '../tap/tap-state.js';
import type { World } from '../types.js';
import { tapCatalog } from './tap-catalog.js';

export const chainFiles = ['catalog', 'state', 'extractor-config', 'loader-config'] as const;
export type ChainFile = (typeof chainFiles)[number];

/** The text of a file that a plugin of the chain would be started with; the chain does not run. */
export async function dumpChainFile(
  file: ChainFile,
  block: ChainBlock,
  world: World,
  subscribers: readonly RunSubscriber[],
): Promise<string> {
  const { emit } = createEmitter(randomUUID(), world.mask, subscribers);
  const chain = resolveChain(world, block, emit);
  if (file === 'extractor-config') return exactJson(chain.tap.config, 2);
  if (file === 'loader-config') return exactJson(chain.target.config, 2);
  const state = await stateOf(chain, block, world, emit);
  if (file === 'state' && state.text !== undefined) return state.text;
  if (file === 'catalog') {
    const prepared = await withSignals((stop) =>
      tapCatalog({ world, emit, stop }, chain.tap, block.options, state.text),
    );
    if (prepared !== undefined) return exactJson(prepared.catalog, 2);
  }
  throw new TaplineError('USAGE', `Could not find ${file} file for this pipeline.`, {
    exitCode: 1,
    hint:
      file === 'state'
        ? `There is no state for '${block.stateId}', or '${block.tap.name}' does not declare the capability \`state\`.`
        : `'${block.tap.name}' must declare the capabilities \`catalog\` (or \`properties\`) and \`discover\`.`,
  });
}

function stateOf({ tap }: ResolvedChain, { stateId, options }: ChainBlock, world: World, emit: Emit) {
  const { fullRefresh = false, selectFilter } = options;
  const wanted = { stateId: stateId ?? '', fullRefresh, selectFilter, projectRoot: world.project.root };
  return loadTapState(tap, world.state, wanted, emit);
}
