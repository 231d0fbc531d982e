import { TaplineError } from '../../errors.js';
import type { ProcessOutcome } from '../events.js';
import type { StopReason } from '../stop-control.js';
import { type Child, describeExit, type Exit, type ProcessHooks, type ProcessSpec, startChild } from './child.js';
import { failedNodes } from './dbt-results.js';
import { reasonText } from './failure-cause.js';
import { endLeftOvers } from './left-over.js';
import { readPluginLog } from './plugin-log.js';
import { signalGroup } from './process-group.js';

export interface CommandSpec {
  process: ProcessSpec;
  /** How a user calls it: `dbt:run`. */
  name: string;
  stdin?: 'ignore' | 'inherit' | undefined;
  /** Time from TERM to KILL when it is stopped, in milliseconds; 25 s by default. */
  stopGrace?: number | undefined;
}

export interface CommandOutcome {
  status: 'success' | 'failed' | 'stopped';
  error: TaplineError | undefined;
  stopReason: StopReason | undefined;
  durationSeconds: number;
  /** Undefined if it could not be started. */
  process: ProcessOutcome | undefined;
}

export interface RunningCommand {
  /** Never rejects. */
  readonly done: Promise<CommandOutcome>;
  /** Sends TERM to its group, and KILL after the grace. */
  stop(reason: StopReason): void;
  /** Sends KILL to its group. */
  kill(): void;
}

const defaultStopGrace = 25_000;

/** Runs a plugin command in its own group; its stdout and stderr become log lines. */
export function runCommand(spec: CommandSpec, hooks: ProcessHooks): RunningCommand {
  return new Command(spec, hooks);
}

class Command implements RunningCommand {
  readonly done: Promise<CommandOutcome>;
  readonly #spec: CommandSpec;
  readonly #hooks: ProcessHooks;
  readonly #startedAt = performance.now();
  readonly #startDate = new Date();
  #child: Child | undefined;
  #stopReason: StopReason | undefined;
  #killed = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(spec: CommandSpec, hooks: ProcessHooks) {
    this.#spec = spec;
    this.#hooks = hooks;
    this.done = this.#run();
  }

  stop(reason: StopReason): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.#child?.signalGroup('SIGTERM');
    this.#timer = setTimeout(() => this.#child?.signalGroup('SIGKILL'), this.#spec.stopGrace ?? defaultStopGrace);
  }

  kill(): void {
    this.#stopReason ??= 'signal';
    this.#killed = true;
    this.#child?.signalGroup('SIGKILL');
  }

  async #run(): Promise<CommandOutcome> {
    try {
      const child = await startChild(this.#spec.process, [this.#spec.stdin ?? 'ignore', 'pipe', 'pipe']);
      this.#child = child;
      // A stop may have come while it was being started.
      if (this.#stopReason !== undefined) child.signalGroup(this.#killed ? 'SIGKILL' : 'SIGTERM');
      return await this.#follow(child);
    } catch (error) {
      return this.#outcome(undefined, asTaplineError(error));
    } finally {
      clearTimeout(this.#timer);
    }
  }

  async #follow(child: Child): Promise<CommandOutcome> {
    const { emit, reaper, processStarted, processExited } = this.#hooks;
    const { role, plugin } = child.spec;
    const { pid } = child;
    reaper?.watchGroup(pid);
    emit({ type: 'process.started', role, plugin, pid });
    const started = child.started();
    void started.then((process) => processStarted?.(process));
    const heard = [this.#relay(child, 'stdout'), this.#relay(child, 'stderr')];
    const exit = await child.exited;
    emit({ type: 'process.exited', role, plugin, pid, exitCode: exit.code, signal: exit.signal });
    processExited?.(await started, exit);
    await Promise.all(heard);
    if (signalGroup(pid, 0)) await endLeftOvers(pid);
    reaper?.forgetGroup(pid);
    const cause = exit.code === 0 ? child.cause : await this.#cause(child);
    const outcome = {
      role,
      plugin,
      exitCode: exit.code,
      signal: exit.signal,
      lastLines: [...child.lastLines],
      cause,
    };
    return this.#outcome(outcome, exit.code === 0 ? undefined : this.#failure(child, exit, cause));
  }

  #relay(child: Child, stdio: 'stdout' | 'stderr'): Promise<void> {
    const { role, plugin, pluginType, structuredLogs } = child.spec;
    return child.readLines(child.process[stdio], (line) => {
      child.remember(line);
      const entry = readPluginLog(line, structuredLogs === true);
      if (entry !== undefined) this.#hooks.emit({ type: 'plugin.log', role, plugin, pluginType, stdio, ...entry });
    });
  }

  /** dbt names what failed in a file, more clearly than in its output. */
  async #cause({ spec, cause }: Child): Promise<string[]> {
    if (!/dbt/i.test(spec.plugin)) return cause;
    const { cwd: folder, env, mask = (text: string) => text } = spec;
    const nodes = await failedNodes({ folder, env, startedAt: this.#startDate });
    return nodes.length === 0 ? cause : nodes.map(mask);
  }

  #failure({ spec, lastLines }: Child, exit: Exit, cause: string[]): TaplineError {
    const { role, plugin } = spec;
    const data = { role, plugin, exitCode: exit.code, signal: exit.signal, lastLines: [...lastLines], cause };
    return new TaplineError(
      'PROCESS_FAILED',
      `${this.#spec.name} failed: it ${describeExit(exit)}${reasonText(cause)}`,
      { data },
    );
  }

  #outcome(process: ProcessOutcome | undefined, error: TaplineError | undefined): CommandOutcome {
    const stopReason = this.#stopReason;
    // A command that succeeds in spite of a stop has done all its work.
    const status =
      error === undefined ? 'success' : stopReason === undefined || process === undefined ? 'failed' : 'stopped';
    const durationSeconds = (performance.now() - this.#startedAt) / 1000;
    return { status, error: status === 'failed' ? error : undefined, stopReason, durationSeconds, process };
  }
}

function asTaplineError(error: unknown): TaplineError {
  if (error instanceof TaplineError) return error;
  return new TaplineError('RUN_FAILED', error instanceof Error ? error.message : String(error), { cause: error });
}
