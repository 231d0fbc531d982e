/** The plugins of a chain, from their settings to the processes that they are started as. */
import type { BlockOptions, ChainBlock } from '../../plan/types.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import type { ChainProcessSpec } from '../chain/types.js';
import type { Emit } from '../emit.js';
import type { FilePrefix } from '../files/plugin-files.js';
import { settleAll } from '../files/run-directory.js';
import { processSpec, resolvePlugin, secondsExtra, singerFlag, writeFilesOf } from '../plugin-process.js';
import { setUpTap, type TapSetup } from '../tap/tap-setup.js';
import type { World } from '../types.js';

/** The plugins of a chain with their settings, in order. */
export interface ResolvedChain {
  tap: ResolvedPlugin;
  mappers: ResolvedPlugin[];
  target: ResolvedPlugin;
  /** The tap without the settings of a backfill window: its catalog depends on these alone. */
  tapForCatalog?: ResolvedPlugin | undefined;
}

/** Resolves the plugins of a chain, each with the variables of those before it. Their secrets are masked from here on. */
export function resolveChain(
  world: World,
  block: ChainBlock,
  emit: Emit,
  options: BlockOptions = block.options,
): ResolvedChain {
  const { env, window } = block;
  const overrides = tapOverrides(options);
  const tap = resolvePlugin(world, block.tap, { env, overrides: { ...overrides, ...window?.settings } }, emit);
  let upstream = { ...tap.exported };
  const mappers = block.mappers.map((plugin) => {
    const mapper = resolvePlugin(world, plugin, { env, upstream }, emit);
    upstream = { ...upstream, ...mapper.exported };
    return mapper;
  });
  const target = resolvePlugin(world, block.target, { env, upstream }, emit);
  if (window === undefined) return { tap, mappers, target };
  return { tap, mappers, target, tapForCatalog: world.settings.plugin(block.tap, { extraEnv: env, overrides }) };
}

/** The extras of the tap that options set. */
function tapOverrides({ selectFilter, catalog, state }: BlockOptions): Record<string, unknown> {
  const given = { _select_filter: selectFilter, _catalog: catalog, _state: state };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Writes all files of a chain, discovers the catalog if needed, and returns its processes in order. */
export async function setUpChain({ tap, mappers, target, tapForCatalog }: ResolvedChain, setup: TapSetup) {
  const consumer = async (role: 'mapper' | 'target', resolved: ResolvedPlugin, prefix: FilePrefix) => {
    const files = await writeFilesOf(setup.world, resolved, setup.directory, prefix);
    const args = [singerFlag(resolved, 'config'), files.config];
    return processSpec(setup.world, resolved, { role, files, args });
  };
  return settleAll<Promise<ChainProcessSpec>[]>([
    setUpTap(tap, { ...setup, tapForCatalog }),
    ...mappers.map((mapper, index) => consumer('mapper', mapper, `mapper-${index + 1}`)),
    consumer('target', target, 'target'),
  ]);
}

/** The first `stall_timeout` among the chain's plugins, in seconds. */
export function stallSeconds({ tap, mappers, target }: ResolvedChain): number | undefined {
  for (const plugin of [tap, ...mappers, target]) {
    const seconds = secondsExtra(plugin, 'stall_timeout');
    if (seconds !== undefined && seconds > 0) return seconds;
  }
  return undefined;
}
