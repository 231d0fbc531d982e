/**
 * A chain: the processes of one extract-load block, joined by links. It starts them with given arguments, and ends
 * with an outcome and a state. `phase.ts` draws the phases between.
 */
import { hasCode, TaplineError } from '../../errors.js';
import type { Exit } from '../process/child.js';
import { closePipe, type LinkPipes, makeFifos, openLinkPipes } from '../process/fifo.js';
import { Link } from '../process/link.js';
import type { StopReason } from '../stop-control.js';
import { Checkpoints } from './checkpoints.js';
import { endGroup, failureLine, judge, type Member, reportExit, signalRunning, startMember } from './member.js';
import { type Cause, causeOf, failed, killed, type Phase, reasonOf, started, starting, stopped } from './phase.js';
import { readMessages, type SchemaSeen } from './read-messages.js';
import { watchForStall } from './stall.js';
import { Tally } from './tally.js';
import { maxStateBytes, readTargetStates } from './target-states.js';
import { Timers } from './timers.js';
import type { ChainGraces, ChainHooks, ChainOutcome, ChainSpec, RunningChain } from './types.js';
import {
  type BadLine,
  closedInput,
  exitCodesOf,
  failedByItself,
  leftEarly,
  processFailure,
  saveFailure,
  unfinishedLine,
} from './verdict.js';

const defaultGraces: ChainGraces = {
  tapStop: 10_000,
  stop: 25_000,
  afterFailure: 2_000,
  kill: 5_000,
  drain: 2_000,
  save: 60_000,
};
const progressMilliseconds = 250;

/** One chain from its start to its outcome. */
class ChainRun implements RunningChain {
  readonly done: Promise<ChainOutcome>;
  readonly #spec: ChainSpec;
  readonly #hooks: ChainHooks;
  readonly #graces: ChainGraces;
  readonly #checkpoints: Checkpoints;
  readonly #tally = new Tally();
  readonly #timers = new Timers();
  readonly #warned = new Set<string>();
  /** Streams for which the tap wrote a SCHEMA. */
  readonly #described = new Set<string>();
  /** In order of position, the tap first, once all are started. */
  readonly #members: Member[] = [];
  /** The link at a position follows the process at that position. */
  #links: Link[] = [];
  #statesRead: Promise<void> = Promise.resolve();
  #phase: Phase = starting;

  constructor(spec: ChainSpec, hooks: ChainHooks) {
    this.#spec = spec;
    this.#hooks = hooks;
    this.#graces = { ...defaultGraces, ...spec.graces };
    this.#checkpoints = new Checkpoints({
      save: (checkpoint) => hooks.save?.(checkpoint) ?? Promise.resolve(),
      canRetry: (error) => hooks.canRetry?.(error) ?? false,
      onFailure: (error) => this.#saveFailed(error),
      onRetry: () => this.#warn('STATE_NOT_SAVED', "the state can't be saved now; the run continues and tries again"),
      interval: spec.checkpointInterval,
      patience: this.#graces.save,
    });
    this.done = this.#run();
  }

  stop(reason: StopReason): void {
    if (reasonOf(this.#phase) !== undefined) return;
    this.#phase = stopped(this.#phase, reason);
    this.#end(reason);
    // A kill may follow soon: a state that can't be saved must be in its file by then.
    if (reason === 'signal') this.#timers.after(this.#graces.tapStop, () => this.#checkpoints.hurry());
  }

  kill(): void {
    this.#phase = killed(this.#phase);
    this.#checkpoints.hurry();
    signalRunning(this.#members, 'SIGKILL');
  }

  async #run(): Promise<ChainOutcome> {
    try {
      await this.#start();
      this.#watch();
    } catch (error) {
      this.#fail(asTaplineError(error));
      signalRunning(this.#members, 'SIGKILL');
    }
    await Promise.all(this.#members.map(({ child }) => child.exited));
    await Promise.all(this.#links.map((link) => link.ended));
    await Promise.all([this.#statesRead, ...this.#members.map(({ heard }) => heard)]);
    this.#judgeLinks();
    this.#judgeStreams();
    if (this.#isWhole()) this.#tally.creditAll();
    await this.#checkpoints.finish();
    await Promise.all(this.#members.map((member) => endGroup(member, this.#hooks)));
    this.#timers.clear();
    return this.#outcome();
  }

  // Starting

  async #start(): Promise<void> {
    const { directory, processes, fifos } = this.#spec;
    const pipes = openLinkPipes(await (fifos ?? makeFifos(directory, processes.length - 1)));
    if (pipes === undefined) this.#log('debug', 'FIFOs are not available here; slower socket pairs are used instead');
    try {
      // The target first: if it can't start, the tap has not done anything yet.
      for (let position = processes.length - 1; position >= 0 && reasonOf(this.#phase) === undefined; position -= 1) {
        this.#members.unshift(await startMember(this.#spec, position, pipes, this.#hooks));
      }
      if (this.#members.length === processes.length) this.#join(pipes);
    } finally {
      if (this.#links.length === 0)
        for (const { up, down } of pipes ?? []) for (const pipe of [up, down]) closePipe(pipe);
      // Only now, since an exit is judged by the links.
      for (const member of this.#members) void member.child.exited.then((exit) => this.#exited(member, exit));
    }
    this.#phase = started(this.#phase);
    // A stop may have come meanwhile.
    const reason = reasonOf(this.#phase);
    if (this.#phase.kind === 'killed' || this.#links.length === 0) signalRunning(this.#members, 'SIGKILL');
    else if (reason !== undefined) this.#end(reason);
  }

  #join(pipes: LinkPipes[] | undefined): void {
    this.#links = this.#members.slice(1).map((after, position) => this.#link(position, after, pipes?.[position]));
    this.#tally.links = this.#links;
    const target = this.#member(this.#members.length - 1);
    const stream = streamOf(target.child.process.stdout);
    const listener = this.#hooks.listen?.(target.position, target.spec);
    if (listener !== undefined) stream.on('data', listener);
    const lines = readTargetStates(stream, {
      maxBytes: this.#spec.maxStateBytes,
      onState: (state) => {
        this.#tally.printState(state);
        this.#checkpoints.print({ state, recordsLoaded: this.#tally.recordsLoaded });
      },
      onUseless: (kind) => {
        const message = `Received state is ${kind}, incremental state has not been updated.`;
        const what = kind === 'empty' ? 'an empty state' : 'not a JSON object';
        this.#warn(`STATE_${kind.toUpperCase()}`, message, `${target.spec.plugin} printed a line that is ${what}.`);
      },
      onTooLong: () => {
        const limit = this.#spec.maxStateBytes ?? maxStateBytes;
        const message = `'${target.spec.plugin}' printed a state of more than ${limit} bytes`;
        this.#failAll(new TaplineError('MESSAGE_TOO_LONG', message));
      },
    });
    this.#statesRead = target.child.endOf(stream, this.#graces.drain).then(() => lines.end());
  }

  #link(position: number, after: Member, pipes: LinkPipes | undefined): Link {
    const before = this.#member(position);
    const { plugin } = before.spec;
    const isLast = position === this.#members.length - 2;
    return new Link({
      source: pipes?.up.ours ?? streamOf(before.child.process.stdout),
      sink: pipes?.down.ours ?? streamOf(after.child.process.stdin),
      scanner: {
        onMessage: readMessages({
          onSchema: position === 0 ? (schema) => this.#describe(plugin, schema) : undefined,
          onBatch: position === 0 ? (files) => this.#tally.passBatch(files) : undefined,
          onState: isLast ? (state) => this.#tally.passState(state) : undefined,
        }),
        onTooLong: ({ type, limit }) => {
          const message = `'${plugin}' wrote a ${type} line of more than ${limit} bytes`;
          const hint = `Such a line must be read whole. Make the tap write smaller ${type} messages.`;
          this.#refuse(position, new TaplineError('MESSAGE_TOO_LONG', message, { hint }));
        },
      },
      acceptLast: async () => {
        const exit = await before.child.exited;
        return exit.code === 0 && before.child.signalled === undefined;
      },
      onChunk: this.#hooks.listen?.(position, before.spec),
      onOddLines: (link) => this.#odd(link, position),
      onSinkGone: () => this.#sinkGone(after),
    });
  }

  #watch(): void {
    let told = '';
    this.#timers.every(progressMilliseconds, () => {
      const counts = this.#tally.counts();
      const now = JSON.stringify(counts);
      if (now === told) return;
      told = now;
      const { name } = this.#spec;
      const pressure = this.#tally.pressure();
      this.#hooks.emit({ type: 'progress', name, counts, pressure, elapsedSeconds: this.#tally.seconds });
    });
    const limit = this.#spec.stallTimeoutSeconds ?? 0;
    if (limit <= 0) return;
    const watched = { tally: this.#tally, members: this.#members, timers: this.#timers };
    watchForStall(limit, watched, (error) => this.#failAll(error));
  }

  // Reactions

  #describe(plugin: string, schema: SchemaSeen): void {
    this.#described.add(schema.stream);
    this.#hooks.emit({ type: 'schema', plugin, ...schema });
  }

  #exited(member: Member, exit: Exit): void {
    const { position, child } = member;
    const before = this.#links[position - 1];
    const after = this.#links[position];
    member.consequence = child.signalled !== undefined || after?.end === 'cut';
    reportExit(member, exit, this.#hooks);
    const endsByItself = position === 0 && reasonOf(this.#phase) === undefined && !member.consequence;
    if (endsByItself) this.#phase = { ...this.#phase, tapEnded: true };
    if (after !== undefined) this.#boundSource(after, member);
    if (failedByItself(judge(member))) {
      void member.heard.then(() => this.#log('error', failureLine(member, exit)));
      this.#fail('process');
      // The end of a tap, even a failure, runs down the links by itself, and the target drains without a limit.
      if (position > 0) this.#endOthers(position);
    } else if (member.consequence) before?.cut();
    else if (before !== undefined && before.end === undefined) this.#mayHaveLeftEarly(member, before);
  }

  /** It exited with 0 while its link was open, which is a failure unless the link ends soon without more data. */
  #mayHaveLeftEarly(member: Member, link: Link): void {
    if (link.sinkGone) this.#leftEarly(member);
    else void link.ended.then(this.#timers.after(this.#graces.afterFailure, () => this.#leftEarly(member)));
  }

  #leftEarly(member: Member): void {
    this.#blame(leftEarly(judge(member), this.#member(member.position - 1).spec.plugin));
    this.#endOthers(member.position);
  }

  /** A closed pipe is a symptom: usually the exit of its process is about to be reported, and is judged then. */
  #sinkGone(member: Member): void {
    const { child, spec } = member;
    if (child.running) {
      this.#timers.after(this.#graces.afterFailure, () => {
        if (child.running && child.signalled === undefined) this.#failAll(closedInput(spec));
      });
    } else if (!member.consequence && !failedByItself(judge(member))) this.#leftEarly(member);
  }

  /** Ends the source of a process that has ended if a left-over process holds the pipe open and writes nothing. */
  #boundSource(link: Link, { spec }: Member): void {
    let read = link.bytesRead;
    const check = () => {
      if (link.sourceEnded || link.end !== undefined) return;
      if (link.blocked || link.bytesRead !== read) {
        read = link.bytesRead;
        this.#timers.after(this.#graces.drain, check);
        return;
      }
      const message = `'${spec.plugin}' has ended, but a process that it left behind holds its output open`;
      this.#warn('OUTPUT_HELD_OPEN', message, 'Further output of that process is not read.');
      link.endSource();
    };
    this.#timers.after(this.#graces.drain, check);
  }

  /** False if strict mode ends the chain. */
  #odd(link: Link, position: number): boolean {
    const { plugin } = this.#member(position).spec;
    const { lineNumber, reason, excerpt } = link.scanner.oddLines[0] ?? { lineNumber: 0, reason: '', excerpt: '' };
    const message = `${plugin} wrote a line that is not a Singer message: line ${lineNumber}, ${reason}.`;
    if (this.#spec.strictSinger !== true) {
      this.#warn('SINGER_ODD_LINE', message, `It is passed on unchanged. It begins: ${excerpt}`, position);
      return true;
    }
    const hint = 'Without --strict-singer such lines are passed on, counted and reported.';
    this.#refuse(position, new TaplineError('SINGER_STRICT', message, { hint, data: { plugin, excerpt } }));
    return false;
  }

  // Actions

  /** Stops passing on what comes over this link; the target loads what it has. */
  #refuse(position: number, error: TaplineError): void {
    this.#blame(error);
    this.#links[position]?.cut();
    this.#terminate(this.#members.slice(0, position + 1));
  }

  /** Ends the other processes after a mapper or target has failed: those before it meet a closed pipe. */
  #endOthers(position: number): void {
    for (const link of this.#links.slice(0, position)) link.cut();
    this.#timers.after(this.#graces.afterFailure, () => this.#terminate(this.#members));
  }

  #failAll(error: TaplineError): void {
    this.#blame(error);
    for (const link of this.#links) link.cut();
    this.#terminate(this.#members);
  }

  #saveFailed(cause: unknown): void {
    const error = saveFailure(cause);
    this.#blame(error);
    if (hasCode(error, 'LEASE_LOST', 'LEASE_HELD')) this.#endAtOnce();
    else this.#endTap();
  }

  #end(reason: StopReason): void {
    if (reason === 'lease') this.#endAtOnce();
    else this.#endTap();
  }

  /** The first cause stays. */
  #fail(cause: Cause): void {
    this.#phase = failed(this.#phase, cause);
  }

  #blame(error: TaplineError): void {
    if (causeOf(this.#phase) !== undefined) return;
    this.#fail(error);
    this.#log('error', error.message);
  }

  #terminate(members: readonly Member[]): void {
    signalRunning(members, 'SIGTERM');
    this.#timers.after(this.#graces.kill, () => signalRunning(members, 'SIGKILL'));
  }

  /** Ends the chain because another run may write now: the target gets no more data and no time to drain. */
  #endAtOnce(): void {
    // TERM must come before the end of its input, which would make the target write what it holds.
    signalRunning(this.#members, 'SIGTERM');
    for (const link of this.#links) link.cut();
    this.#timers.after(this.#graces.afterFailure, () => signalRunning(this.#members, 'SIGKILL'));
  }

  /** Sends TERM to the tap; then end-of-file runs down the links. */
  #endTap(): void {
    // Not all processes are started yet; `#start` handles the stop.
    if (this.#links.length === 0) return;
    const tap = this.#members.slice(0, 1);
    signalRunning(tap, 'SIGTERM');
    this.#timers.after(this.#graces.tapStop, () => signalRunning(tap, 'SIGKILL'));
    this.#timers.after(this.#graces.stop, () => signalRunning(this.#members, 'SIGKILL'));
  }

  // The end

  #judgeLinks(): void {
    for (const [position, { unfinished }] of this.#links.entries()) {
      if (unfinished === undefined) continue;
      const error = unfinishedLine(this.#member(position).spec.plugin, unfinished);
      this.#warn('SINGER_UNFINISHED_LINE', error.message, undefined, position);
      if (unfinished.passedOn > 0) this.#fail(error);
    }
  }

  /** Most targets refuse such records with an error that does not name the tap. */
  #judgeStreams(): void {
    const counts = this.#links[0]?.scanner.streams ?? new Map<string, { records: number }>();
    const [stream] = [...counts].find(([name, { records }]) => records > 0 && !this.#described.has(name)) ?? [];
    if (stream === undefined) return;
    const message = `'${this.#member(0).spec.plugin}' wrote records of stream '${stream}' without a SCHEMA`;
    this.#warn('SINGER_NO_SCHEMA', message, 'Most targets need one before the first record of a stream.');
  }

  /** Whether all output of the tap is loaded. */
  #isWhole(): boolean {
    const target = this.#members.at(-1)?.child;
    const delivered = this.#links.length > 0 && this.#links.every((link) => link.end === 'delivered');
    return causeOf(this.#phase) === undefined && target?.exit?.code === 0 && delivered;
  }

  #outcome(): ChainOutcome {
    const error = this.#error();
    const judged = this.#members.map(judge);
    const stopReason = reasonOf(this.#phase);
    const isStopped = stopReason !== undefined && !(this.#phase.tapEnded && this.#isWhole());
    const { printed, saved } = this.#checkpoints;
    return {
      status: error !== undefined ? 'failed' : isStopped ? 'stopped' : 'success',
      error,
      stopReason,
      durationSeconds: this.#tally.seconds,
      counts: this.#tally.counts(),
      pressure: this.#tally.pressure(),
      streams: this.#tally.streams(),
      processes: judged.map(({ role, plugin, exit, lastLines, cause }) => {
        return { role, plugin, exitCode: exit.code, signal: exit.signal, lastLines: [...lastLines], cause: [...cause] };
      }),
      exitCodes: exitCodesOf(judged),
      state: { printed, saved, isSaved: printed === saved },
    };
  }

  /** Exits arrive in any order, so failures are listed by position: a cause comes before its consequences. */
  #error(): TaplineError | undefined {
    const cause = causeOf(this.#phase);
    if (cause !== 'process') return cause;
    const [first, ...others] = this.#members.filter((member) => failedByItself(judge(member)));
    if (first === undefined) return undefined;
    return processFailure([judge(first), ...others.map(judge)], this.#badLineBefore(first.position));
  }

  /** The first bad line that the process at a position was given. */
  #badLineBefore(position: number): BadLine | undefined {
    const [odd] = this.#links[position - 1]?.scanner.oddLines ?? [];
    if (odd === undefined) return undefined;
    return { writer: this.#member(position - 1).spec.plugin, lineNumber: odd.lineNumber, reason: odd.reason };
  }

  #member(position: number): Member {
    const member = this.#members[position];
    if (member === undefined) throw new Error(`chain ${this.#spec.name} has no process at ${position}`);
    return member;
  }

  #log(level: 'debug' | 'error', message: string): void {
    this.#hooks.emit({ type: 'log', level, message });
  }

  /** Emits a warning once per code and position. */
  #warn(code: string, message: string, hint?: string, position = 0): void {
    const key = `${code} ${position}`;
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#hooks.emit({ type: 'warning', code, message, hint });
  }
}

/** Starts all processes of a chain; its outcome is in `done`. */
export function startChain(spec: ChainSpec, hooks: ChainHooks): RunningChain {
  return new ChainRun(spec, hooks);
}

function streamOf<T>(stream: T | null): T {
  if (stream === null) throw new Error('a process of a chain was started without its pipe');
  return stream;
}

function asTaplineError(error: unknown): TaplineError {
  if (error instanceof TaplineError) return error;
  return new TaplineError('RUN_FAILED', error instanceof Error ? error.message : String(error), { cause: error });
}
