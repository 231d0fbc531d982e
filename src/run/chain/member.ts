import { type Child, describeExit, type Exit, type StartedProcess, startChild } from '../process/child.js';
import { reasonText } from '../process/failure-cause.js';
import { closeChilds, type LinkPipes } from '../process/fifo.js';
import { endLeftOvers } from '../process/left-over.js';
import { readPluginLog } from '../process/plugin-log.js';
import { signalGroup } from '../process/process-group.js';
import type { ChainHooks, ChainProcessSpec, ChainSpec } from './types.js';
import type { JudgedProcess } from './verdict.js';

/** One process of a chain. */
export interface Member {
  spec: ChainProcessSpec;
  /** Its position in the chain; 0 is the tap. */
  position: number;
  child: Child;
  started: Promise<StartedProcess>;
  /** Settles when its stderr is read to the end. */
  heard: Promise<void>;
  /** We ended it, or it writes into a link that was cut: its end is not a failure of its own. */
  consequence: boolean;
  /** Its group was empty when it ended: from then on the number may be reused. */
  groupGone: boolean;
}

/** Starts the process at a position with its ends of the pipes beside it, and reports it to the hooks. */
export async function startMember(
  { processes, tapStdin = 'ignore', stateId }: ChainSpec,
  position: number,
  pipes: LinkPipes[] | undefined,
  hooks: ChainHooks,
): Promise<Member> {
  const spec = processes[position];
  if (spec === undefined) throw new Error(`the chain has no process at ${position}`);
  const read = pipes?.[position - 1]?.down;
  const written = pipes?.[position]?.up;
  const input = position === 0 ? tapStdin : (read?.childs ?? 'pipe');
  const child = await startChild(spec, [input, written?.childs ?? 'pipe', 'pipe']);
  hooks.reaper?.watchGroup(child.pid);
  for (const pipe of [read, written]) if (pipe !== undefined) closeChilds(pipe);
  const { role, plugin, pluginType } = spec;
  hooks.emit({ type: 'process.started', role, plugin, pid: child.pid });
  const started = child.started();
  void started.then((process) => hooks.processStarted?.(process));
  const heard = child.readLines(child.process.stderr, (line) => {
    child.remember(line);
    const entry = readPluginLog(line, spec.structuredLogs === true);
    if (entry !== undefined) {
      hooks.emit({ type: 'plugin.log', role, plugin, pluginType, stdio: 'stderr', ...entry, stateId });
    }
  });
  return { spec, position, child, started, heard, consequence: false, groupGone: false };
}

/** Reports its exit to the hooks. The reaper keeps watching its group while that has members. */
export function reportExit(member: Member, exit: Exit, hooks: ChainHooks): void {
  const { spec, child, started } = member;
  const { role, plugin } = spec;
  const { pid } = child;
  hooks.emit({ type: 'process.exited', role, plugin, pid, exitCode: exit.code, signal: exit.signal });
  void started.then((process) => hooks.processExited?.(process, exit));
  member.groupGone = !signalGroup(pid, 0);
  if (member.groupGone) hooks.reaper?.forgetGroup(pid);
}

/** Ends what the process left behind in its group. */
export async function endGroup({ child, groupGone }: Member, hooks: ChainHooks): Promise<void> {
  if (groupGone) return;
  await endLeftOvers(child.pid);
  hooks.reaper?.forgetGroup(child.pid);
}

export function signalRunning(members: readonly Member[], signal: NodeJS.Signals): void {
  for (const { child } of members) if (child.running) child.signalGroup(signal);
}

export function judge({ spec, child, consequence }: Member): JudgedProcess {
  const exit = child.exit ?? { code: null, signal: null };
  return { role: spec.role, plugin: spec.plugin, exit, lastLines: child.lastLines, cause: child.cause, consequence };
}

/** The line that is logged as soon as it fails. */
export function failureLine({ spec, child }: Member, exit: Exit): string {
  return `${spec.plugin} ${describeExit(exit)}${reasonText(child.cause)}`;
}
