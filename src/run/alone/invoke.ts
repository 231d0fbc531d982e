import { hasCode, TaplineError } from '../../errors.js';
import type { Plugin } from '../../plugins/types.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import { exactJson } from '../../singer/exact-json.js';
import type { Emit } from '../emit.js';
import type { RunSubscriber } from '../events.js';
import { installPlugins } from '../install-plugins.js';
import { commandSpec, processSpec, resolvePlugin, workingFolder, writeFilesOf } from '../plugin-process.js';
import type { ProcessSpec } from '../process/child.js';
import { invokeProcess } from '../process/invoke-process.js';
import { readPluginLog } from '../process/plugin-log.js';
import { signalExitCode } from '../signals.js';
import type { StopControl } from '../stop-control.js';
import { prepareTapCatalog, setUpTap, type TapSetup } from '../tap/tap-setup.js';
import type { RunOptions, World } from '../types.js';
import { runAlone, type Workspace, withoutWorkspace, withWorkspace } from './workspace.js';

export interface InvokeOptions {
  /** A command of the plugin; without it, the bare executable. */
  command?: string | undefined;
  /** Passed on unchanged. */
  args: readonly string[];
  install?: RunOptions['install'];
  /** Prints this file instead of starting the plugin. */
  dump?: 'config' | 'catalog' | undefined;
  refreshCatalog?: boolean | undefined;
  /** Variables of the plugin's environment that are printed before it starts. */
  printVars?: readonly string[] | undefined;
  /** Prints a dump or a variable on stdout and adds the line end. */
  print: (text: string) => void;
  /** Whether stderr is a terminal: then the plugin inherits it, otherwise its lines become masked log lines. */
  terminal: boolean;
}

/**
 * Starts a plugin as if the user had called its program: same terminal, stdin, stdout and exit code, in the caller's folder
 * (transformers in their `project_dir`). A tap without arguments gets its catalog, never a state, as in the original.
 * Returns the exit code. Throws if it can't be started.
 */
export async function invoke(
  plugin: Plugin,
  options: InvokeOptions,
  world: World,
  subscribers: readonly RunSubscriber[] = [],
): Promise<number> {
  if (plugin.type === 'files' || plugin.type === 'transforms') throw notInvokable(plugin);
  return runAlone(world, subscribers, async (alone, stopListening) => {
    try {
      await installPlugins([plugin], options.install ?? 'auto', alone);
      if (options.install === 'only') return 0;
      const resolved = resolvePlugin(world, plugin, {}, alone.emit);
      const inWorkspace = isSinger(plugin) ? withWorkspace : withoutWorkspace;
      return await inWorkspace(alone, (workspace) => invokeIn(workspace, resolved, options, stopListening));
    } catch (error) {
      throw interruptedBy(error, alone.stop);
    }
  });
}

async function invokeIn(
  workspace: Workspace,
  resolved: ResolvedPlugin,
  options: InvokeOptions,
  stopListening: () => void,
): Promise<number> {
  const setup = { ...workspace, state: undefined, refreshCatalog: options.refreshCatalog ?? false };
  if (options.dump !== undefined) {
    options.print(await dump(options.dump, resolved, setup));
    return 0;
  }
  const spec = await invokeSpec(resolved, options, setup);
  if (setup.stop.stopping) throw new TaplineError('INTERRUPTED', 'interrupted before the plugin was started');
  for (const name of options.printVars ?? []) options.print(`${name}=${spec.env[name] ?? 'None'}`);
  // From here on the signals are the plugin's.
  stopListening();
  return invokeProcess(spec, options.terminal ? {} : { onStderrLine: relay(spec, setup.emit) });
}

/** A signal that arrives before the plugin has the terminal ends us, with the exit code of that signal. */
function interruptedBy(error: unknown, { first }: StopControl): unknown {
  if (!hasCode(error, 'INTERRUPTED')) return error;
  return new TaplineError('INTERRUPTED', error.message, { exitCode: signalExitCode(first?.signal) });
}

/** The commands of a plugin, for `--list-commands`, as a user calls them. */
export function listCommands({ name, commands }: Plugin): { name: string; description: string }[] {
  return [...commands.values()].map((command) => ({
    name: `${name}:${command.name}`,
    description: command.description ?? '',
  }));
}

function isSinger({ type }: Plugin): boolean {
  return type === 'extractors' || type === 'loaders' || type === 'mappers';
}

async function invokeSpec(
  resolved: ResolvedPlugin,
  { command, args }: InvokeOptions,
  setup: TapSetup,
): Promise<ProcessSpec> {
  const { plugin } = resolved;
  const { world, directory } = setup;
  if (plugin.type === 'extractors' && command === undefined && args.length === 0) {
    return setUpTap(resolved, setup);
  }
  if (!isSinger(plugin)) return commandSpec(world, resolved, command, args);
  const prefix = plugin.type === 'extractors' ? 'tap' : plugin.type === 'loaders' ? 'target' : 'mapper-1';
  const files = await writeFilesOf(world, resolved, directory, prefix);
  if (command !== undefined) {
    const spec = commandSpec(world, resolved, command, args);
    return { ...spec, env: { ...files.env, ...spec.env } };
  }
  const spec = processSpec(world, resolved, { role: 'command', files, args: ['--config', files.config, ...args] });
  return { ...spec, cwd: workingFolder(world, resolved) };
}

async function dump(what: 'config' | 'catalog', resolved: ResolvedPlugin, setup: TapSetup): Promise<string> {
  const { plugin } = resolved;
  if (what === 'config' && isSinger(plugin)) return exactJson(resolved.config, 2);
  if (what === 'catalog' && plugin.type === 'extractors') {
    const catalog = await prepareTapCatalog(resolved, setup);
    if (catalog !== undefined) return exactJson(catalog.catalog, 2);
  }
  throw new TaplineError('USAGE', `${plugin.singular} '${plugin.name}' has no ${what} to dump`, {
    hint: what === 'catalog' ? 'Only an extractor with the capabilities `catalog` and `discover` has one.' : undefined,
    exitCode: 1,
  });
}

function relay({ role, plugin, pluginType, structuredLogs }: ProcessSpec, emit: Emit): (line: string) => void {
  return (line) => {
    const log = readPluginLog(line, structuredLogs === true);
    if (log !== undefined) emit({ type: 'plugin.log', role, plugin, pluginType, stdio: 'stderr', ...log });
  };
}

function notInvokable(plugin: Plugin): TaplineError {
  return new TaplineError('PLUGIN_NOT_INVOKABLE', `${plugin.singular} '${plugin.name}' has no program to start`, {
    at: plugin.at,
    hint: 'Extractors, loaders, mappers, transformers, utilities and orchestrators can be invoked.',
  });
}
