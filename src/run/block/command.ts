import { resolve } from 'node:path';
import { isatty } from 'node:tty';
import { expandCommand, findCommand } from '../../plan/command-line.js';
import type { CommandBlock } from '../../plan/types.js';
import type { ResolvedPlugin } from '../../settings/types.js';
import type { Emit } from '../emit.js';
import type { BlockSummary } from '../events.js';
import { exitNumber, type ProcessSpec } from '../process/child.js';
import { type CommandOutcome, runCommand } from '../process/run-command.js';
import type { RunContext } from '../run-context.js';
import type { StopControl } from '../stop-control.js';
import type { World } from '../types.js';
import { summaryOf } from './report.js';
import { processSpec, resolvePlugin } from './setup.js';

/** Runs a plugin command and logs its whole output. Rejects if it can't be started. */
export async function runCommandBlock(
  context: RunContext,
  block: CommandBlock,
  stop: StopControl,
  emit: Emit,
): Promise<BlockSummary> {
  const { world, reaper, notes, owner } = context;
  const resolved = resolvePlugin(world, block.plugin, { env: block.env, upstream: upstreamOf(world, block) }, emit);
  const spec = commandSpec(world, resolved, block.command, block.args);
  // A process in a session of its own can't read the terminal. (Asking process.stdin would make a shared pipe non-blocking.)
  const stdin = isatty(0) ? 'ignore' : 'inherit';
  const hooks = { emit, reaper, ...notes.processes(block.id, owner) };
  const command = runCommand({ process: spec, name: block.name, stdin }, hooks);
  const off = stop.listen(({ reason, second }) => (second ? command.kill() : command.stop(reason)));
  const outcome = await command.done;
  off();
  return summaryOf(block, {
    ...outcome,
    processes: outcome.process === undefined ? [] : [outcome.process],
    ...exitCodes(block, outcome),
  });
}

/** The variables that the plugins before the command export, each resolved with those before it. */
function upstreamOf(world: World, { upstream = [], env }: CommandBlock): Record<string, string> {
  let variables: Record<string, string> = {};
  for (const plugin of upstream) {
    const { exported, secrets } = world.settings.plugin(plugin, { upstream: variables, extraEnv: env });
    world.mask.add(secrets);
    variables = { ...variables, ...exported };
  }
  return variables;
}

function exitCodes({ plugin }: CommandBlock, { process }: CommandOutcome): Pick<BlockSummary, 'exitCodes'> {
  if (process === undefined || process.exitCode === 0) return {};
  const code = exitNumber({ code: process.exitCode, signal: process.signal as NodeJS.Signals | null });
  return { exitCodes: { [plugin.type]: code } };
}

/** The process of a plugin command, or of the plugin's bare executable; the caller's arguments come last. */
export function commandSpec(
  world: World,
  resolved: ResolvedPlugin,
  commandName: string | undefined,
  args: readonly string[],
): ProcessSpec {
  const { plugin } = resolved;
  const command = commandName === undefined ? undefined : findCommand(plugin, commandName);
  const spec = processSpec(world, 'command', resolved, undefined, [], command?.executable);
  const own = command === undefined ? [] : expandCommand(plugin, command, spec.env);
  return { ...spec, args: [...spec.args, ...own, ...args], cwd: workingFolder(world, resolved) };
}

/** Transformers run in their `project_dir` (the original crashes without one), all others where the caller is. */
export function workingFolder(world: World, { plugin, config }: ResolvedPlugin): string {
  const folder = config.project_dir;
  if (plugin.type !== 'transformers' || typeof folder !== 'string' || folder === '') return world.cwd;
  return resolve(world.cwd, folder);
}
