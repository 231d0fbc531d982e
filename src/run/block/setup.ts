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

export interface PluginCircumstances {
  /** Variables of the block's step and pipeline; they override those of the process. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Variables that the plugins before it export. */
  upstream?: Record<string, string> | undefined;
  /** Settings from the command line. */
  overrides?: Record<string, unknown> | undefined;
}

/** Resolves one plugin, masks its secrets, and warns if none of its groups of required settings is complete. */
export function resolvePlugin(
  world: World,
  plugin: Plugin,
  { env, upstream, overrides }: PluginCircumstances,
  emit: Emit,
): ResolvedPlugin {
  const resolved = world.settings.plugin(plugin, { upstream, overrides, extraEnv: env });
  warnOfWeak(world.mask.add(resolved.secrets), resolved, emit);
  for (const { error } of unsetVariablesOf(resolved)) {
    const { code, message, hint, at } = error;
    emit({ type: 'warning', code, message, hint, at });
  }
  const [missing] = resolved.missing;
  if (missing !== undefined) {
    const names = resolved.missing.map((group) => group.map((name) => `\`${name}\``).join(', ')).join(' or ');
    emit({
      type: 'warning',
      code: 'SETTING_MISSING',
      message: `plugin '${plugin.name}' is missing required settings: ${names}`,
      hint: `Set them in meltano.yml, as environment variables, or with \`tapline config set ${plugin.name} ${missing[0] ?? 'NAME'} VALUE\`.`,
      at: plugin.at,
    });
  }
  return resolved;
}

function warnOfWeak(secrets: readonly string[], { plugin, settings }: ResolvedPlugin, emit: Emit): void {
  if (secrets.length === 0) return;
  const weak = [...settings.values()].filter((setting) => secretsOf([setting]).some((text) => secrets.includes(text)));
  for (const { name } of weak) {
    emit({
      type: 'warning',
      code: 'SECRET_WEAK',
      message: `setting '${name}' of '${plugin.name}' is too common a word or number to be hidden safely`,
      hint: 'In the output of plugins it is hidden only where it stands alone. Use a longer value with letters and digits.',
    });
  }
}

/** The program, arguments, environment and folder that a plugin's process is started with. */
export function processSpec<Role extends ProcessSpec['role']>(
  world: World,
  role: Role,
  resolved: ResolvedPlugin,
  files: PluginFiles | undefined,
  args: readonly string[],
  commandExecutable?: string,
): ProcessSpec & { role: Role } {
  const { plugin } = resolved;
  // The logging variables have the lowest precedence, as in the original: the user may set others.
  const env: Record<string, string> = { ...files?.env, ...resolved.processEnv };
  const program = world.installer.executable(plugin, commandExecutable, env);
  for (const name of program.unsetEnv) delete env[name];
  return {
    role,
    plugin: plugin.name,
    pluginType: plugin.singular,
    file: program.file,
    args: [...program.args, ...args],
    cwd: world.cwd,
    env: { ...env, ...program.env },
    structuredLogs: hasStructuredLogs(resolved),
    mask: world.mask.text,
  };
}

/** What setting up a tap needs besides its settings. */
export interface TapSetup {
  /** A directory of this chain alone, for its files. */
  directory: string;
  /** The state that the tap starts from; undefined if it gets none. */
  state: { text: string | undefined } | undefined;
  refreshCatalog: boolean;
  /** See BlockOptions. */
  failOnEmpty?: boolean | undefined;
  stop: StopControl;
  reaper: Reaper;
  notes: ProcessNotes;
  /** Set where several chains share one discovery. */
  discovery?: SharedDiscovery | undefined;
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

async function setUpConsumer(
  world: World,
  role: 'mapper' | 'target',
  resolved: ResolvedPlugin,
  directory: string,
  prefix: FilePrefix,
): Promise<ChainProcessSpec> {
  const files = await writePluginFiles(directory, prefix, resolved, logLevelOf(world));
  return processSpec(world, role, resolved, files, [flag(resolved, 'config'), files.config]);
}

/** Returns the tap's process, with config, catalog and state as its capabilities allow. */
export async function setUpTap(
  world: World,
  tap: ResolvedPlugin,
  setup: TapSetup,
  emit: Emit,
  tapForCatalog: ResolvedPlugin = tap,
): Promise<ChainProcessSpec> {
  const { files, args, catalog } = await tapParts(world, tap, setup, emit, tapForCatalog);
  const option = catalogOption(tap);
  const catalogArgs = catalog === undefined || option === undefined ? [] : [flag(tap, option), catalog.file];
  return processSpec(world, 'tap', tap, files, [...args.config, ...catalogArgs, ...args.state]);
}

/** The catalog that the tap would get, with its rules applied; undefined if it takes none. */
export async function prepareTapCatalog(
  world: World,
  tap: ResolvedPlugin,
  setup: TapSetup,
  emit: Emit,
): Promise<PreparedCatalog | undefined> {
  return (await tapParts(world, tap, setup, emit)).catalog;
}

async function tapParts(
  world: World,
  tap: ResolvedPlugin,
  setup: TapSetup,
  emit: Emit,
  tapForCatalog: ResolvedPlugin = tap,
) {
  const { directory, stop, reaper, notes } = setup;
  const files = await writePluginFiles(directory, 'tap', tap, logLevelOf(world));
  const state = setup.state === undefined ? undefined : await stateArgument(tap, setup.state.text, directory);
  const takesState = state !== undefined && tap.plugin.capabilities.has('state');
  const args = {
    config: [flag(tap, 'config'), files.config],
    state: takesState ? [flag(tap, 'state'), state] : [],
  };
  const discover = async (): Promise<string> => {
    emit({ type: 'log', level: 'info', message: 'Running catalog discovery', fields: { plugin: tap.plugin.name } });
    const isOwn = tapForCatalog === tap;
    const its = isOwn ? files : await writePluginFiles(directory, 'tap', tapForCatalog, logLevelOf(world));
    // The original passes the state file to discovery, too.
    const state = isOwn && !isInline(tap) ? args.state : [];
    const all = [flag(tap, 'config'), its.config, ...state, flag(tap, 'discover')];
    const spec = processSpec(world, 'discovery', tapForCatalog, its, all);
    return discoverCatalog(spec, { stop, reaper, notes, timeoutSeconds: discoveryTimeout(tap), emit });
  };
  const catalog = await prepareCatalog({
    tap: tapForCatalog,
    projectRoot: world.project.root,
    directory,
    cacheFolder: join(world.runDirRoot, tap.plugin.name),
    refresh: setup.refreshCatalog,
    discover: () => setup.discovery?.once(discover) ?? discover().then((text) => ({ text, isShared: false })),
    emit,
    policies: selectionPolicies(world.settings, setup.failOnEmpty),
  });
  return { files, args, catalog };
}

/** The first `stall_timeout` among the chain's plugins, in seconds. */
export function stallSeconds({ tap, mappers, target }: ResolvedChain): number | undefined {
  for (const plugin of [tap, ...mappers, target]) {
    const seconds = secondsExtra(plugin, 'stall_timeout');
    if (seconds !== undefined && seconds > 0) return seconds;
  }
  return undefined;
}
