import { TaplineError } from '../../errors.js';
import { type Child, describeExit } from '../process/child.js';
import { endLeftOvers } from '../process/left-over.js';
import { readPluginLog } from '../process/plugin-log.js';
import type { Workspace } from './workspace.js';

const killMilliseconds = 5_000;

export interface Followed {
  /** What is interrupted, if it is: `test`. */
  task: string;
  /** Each line of both outputs, or of stderr alone with `onOutput`; `end` stops the process. */
  onLine?: ((line: string, end: () => void) => void) | undefined;
  /** Each piece of stdout, instead of its lines. */
  onOutput?: ((chunk: Buffer, end: () => void) => void) | undefined;
}

/** Reads both outputs of a plugin to the end. Returns their last line, or how the process ended. Throws INTERRUPTED. */
export async function follow(
  child: Child,
  { reaper, stop, emit }: Workspace,
  { task, onLine, onOutput }: Followed,
): Promise<string> {
  const { role, plugin, pluginType, structuredLogs } = child.spec;
  reaper.watchGroup(child.pid);
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    child.signalGroup('SIGTERM');
    timer ??= setTimeout(() => child.signalGroup('SIGKILL'), killMilliseconds);
  };
  const off = stop.listen(({ second }) => (second ? child.signalGroup('SIGKILL') : end()));
  let last = '';
  const take = (stdio: 'stdout' | 'stderr') => (line: string) => {
    if (line.trim() !== '') last = line.trim();
    onLine?.(line, end);
    if (stdio === 'stderr') child.remember(line);
    const log = stdio === 'stderr' ? readPluginLog(line, structuredLogs === true) : undefined;
    if (log !== undefined) emit({ type: 'plugin.log', role, plugin, pluginType, stdio, ...log });
  };
  const { stdout, stderr } = child.process;
  if (onOutput !== undefined) stdout?.on('data', (chunk: Buffer) => onOutput(chunk, end));
  const heard = [
    onOutput === undefined || stdout === null ? child.readLines(stdout, take('stdout')) : child.endOf(stdout, 500),
    child.readLines(stderr, take('stderr')),
  ];
  const exit = await child.exited;
  off();
  clearTimeout(timer);
  await Promise.all(heard);
  await endLeftOvers(child.pid);
  reaper.forgetGroup(child.pid);
  if (stop.stopping) throw new TaplineError('INTERRUPTED', `${task} of '${plugin}' was interrupted`);
  return last === '' ? `${plugin} ${describeExit(exit)} without any output` : last;
}
