import { isatty } from 'node:tty';
import type { CommandBlock } from '../../plan/types.js';
import type { BlockSummary } from '../events.js';
import { commandSpec, resolvePlugin } from '../plugin-process.js';
import { exitNumber } from '../process/child.js';
import { type CommandOutcome, runCommand } from '../process/run-command.js';
import type { World } from '../types.js';
import type { BlockRun } from './block-run.js';
import { summaryOf } from './report.js';

/** Runs a plugin command and logs its whole output. Rejects if it can't be started. */
export async function runCommandBlock({ context, block, stop, emit }: BlockRun<CommandBlock>): Promise<BlockSummary> {
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
