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
  /** Its place in the chain; 0 is the tap. */
  place: number;
  child: Child;
  started: Promise<StartedProcess>;
  /** Its stderr is read to the end. */
  heard: Promise<void>;
  /** It was ended by us, or writes into a link that was cut: its end is no failure of its own. */
  consequence: boolean;
  /** Nobody was left in its group when it ended: from then on the number may belong to somebody else. */
  groupGone: boolean;
}

/** Starts the process of a place, with its ends of the pipes beside it, and tells the hooks. */
export async function startMember(
  { processes, tapStdin = 'ignore', stateId }: ChainSpec,
  place: number,
  pipes: LinkPipes[] | undefined,
  hooks: ChainHooks,
): Promise<Member> {
  const spec = processes[place];
  if (spec === undefined) throw new Error(`the chain has no process at ${place}`);
  const read = pipes?.[place - 1]?.down;
  const written = pipes?.[place]?.up;
  const input = place === 0 ? tapStdin : (read?.childs ?? 'pipe');
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
  return { spec, place, child, started, heard, consequence: false, groupGone: false };
}

/** Tells the hooks of its end. Its group stays with the reaper while it has members. */
export function tellExit(member: Member, exit: Exit, hooks: ChainHooks): void {
  const { spec, child, started } = member;
  const { role, plugin } = spec;
  const { pid } = child;
  hooks.emit({ type: 'process.exited', role, plugin, pid, exitCode: exit.code, signal: exit.signal });
  void started.then((process) => hooks.processExited?.(process, exit));
  member.groupGone = !signalGroup(pid, 0);
  if (member.groupGone) hooks.reaper?.forgetGroup(pid);
}

/** Ends what it has left behind. */
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

/** What a person reads as soon as it has failed. */
export function failureLine({ spec, child }: Member, exit: Exit): string {
  return `${spec.plugin} ${describeExit(exit)}${reasonText(child.cause)}`;
}
