/**
 * A chain: the processes of one extract-load block, joined by links. Everything between "these programs, with
 * these arguments" and "this is how it ended, and this is the state" happens here.
 *
 *   starting --all started--> running --the tap ends--> draining --the target ends--> done
 *                                |  '--stop()--> stopping: TERM to the tap, then as above, with a time limit
 *                                '--a target or mapper fails--> failing: 2 s, TERM, 5 s, KILL --> done
 */
import { TaplineError } from '../errors.js';
import type { SingerState } from '../state/port.js';
import { Checkpoints } from './chain/checkpoints.js';
import { LoadedRecords } from './chain/loaded-records.js';
import { readMessages } from './chain/read-messages.js';
import { readTargetStates } from './chain/target-states.js';
import { exitCodesOf, failedByItself, type JudgedProcess, leftEarly, processFailure } from './chain/verdict.js';
import type { ChainCounts, ChainPressure, ProcessOutcome, RunEventBody } from './events.js';
import {
  type Child,
  describeExit,
  type Exit,
  type ProcessSpec,
  type StartedProcess,
  startChild,
} from './process/child.js';
import { closeChilds, closePipe, type LinkPipes, openLinkPipes } from './process/fifo.js';
import { endLeftOvers } from './process/left-over.js';
import { Link } from './process/link.js';
import { readPluginLog } from './process/plugin-log.js';
import type { Reaper } from './process/reaper.js';
import { signalGroup } from './process-group.js';

export interface ChainProcessSpec extends ProcessSpec {
  role: 'tap' | 'mapper' | 'target';
}

export interface ChainSpec {
  name: string;
  /** A directory of this chain alone, mode 0700. */
  directory: string;
  /** Tap, mappers, target. */
  processes: readonly ChainProcessSpec[];
  stateId?: string | undefined;
  strictSinger?: boolean | undefined;
  /** Ends a chain in which no byte has moved for so long. Off where undefined. */
  stallTimeoutSeconds?: number | undefined;
  /** What the tap reads as its stdin; `ignore`, the default, is /dev/null. */
  tapStdin?: 'ignore' | 'inherit' | undefined;
  graces?: Partial<ChainGraces> | undefined;
  /** Shortest time between two saves. In milliseconds; 1000 by default. */
  checkpointInterval?: number | undefined;
  /** The longest line that the target may print. In bytes; 32 MiB by default. */
  longestState?: number | undefined;
}

/** In milliseconds. */
export interface ChainGraces {
  /** For the tap after TERM when the chain is stopped; 10 s. */
  tapStop: number;
  /** For the whole chain when it is stopped; 25 s. */
  stop: number;
  /** For the others after a target or mapper has failed, before TERM; 2 s. */
  afterFailure: number;
  /** From TERM to KILL after a failure; 5 s. */
  kill: number;
  /** For a pipe that stays open and silent after its process has ended; 2 s. */
  drain: number;
}

export interface ChainHooks {
  emit(body: RunEventBody): void;
  /**
   * Saves a state that the target has printed. Reject with `retryable: true` on the error while the database is
   * away and the lease still holds: the run goes on, the newest state is tried again each second. Any other
   * rejection stops the chain and fails it. Absent: nothing is saved.
   */
  save?: ((state: SingerState, covers: { recordsLoaded: number }) => Promise<void>) | undefined;
  processStarted?: ((process: StartedProcess) => void) | undefined;
  processExited?: ((process: StartedProcess, exit: Exit) => void) | undefined;
  reaper?: Pick<Reaper, 'watchGroup' | 'forgetGroup'> | undefined;
}

export type ChainStopReason = 'signal' | 'timeout' | 'failure' | 'lease';

export interface ChainOutcome {
  status: 'success' | 'failed' | 'stopped';
  /** Set where the status is `failed`. */
  error: TaplineError | undefined;
  stopReason: ChainStopReason | undefined;
  durationSeconds: number;
  counts: ChainCounts;
  pressure: ChainPressure;
  streams: { stream: string; recordsExtracted: number; recordsLoaded: number }[];
  processes: ProcessOutcome[];
  exitCodes: Record<string, number> | undefined;
  /** Where `printed` is newer than `saved`, it belongs into a rescue file. */
  state: { printed: SingerState | undefined; saved: SingerState | undefined; isSaved: boolean };
}

export interface RunningChain {
  /** Never rejects. */
  readonly done: Promise<ChainOutcome>;
  /** Graceful: the tap gets TERM, what it has written is loaded and its state saved. */
  stop(reason: ChainStopReason): void;
  /** All groups get KILL; what the target has printed is saved. */
  kill(): void;
}

const defaultGraces: ChainGraces = { tapStop: 10_000, stop: 25_000, afterFailure: 2_000, kill: 5_000, drain: 2_000 };
const progressMilliseconds = 250;

export function startChain(spec: ChainSpec, hooks: ChainHooks): RunningChain {
  return new Chain(spec, hooks);
}

/** What failed first: a process, by its place, or something that no exit shows. */
interface Cause {
  place: number | undefined;
  error: TaplineError | undefined;
}

interface Member {
  spec: ChainProcessSpec;
  place: number;
  child: Child;
  started: Promise<StartedProcess>;
  /** Its stderr is read to the end. */
  heard: Promise<void>;
  consequence: boolean;
}

class Chain implements RunningChain {
  readonly done: Promise<ChainOutcome>;
  readonly #spec: ChainSpec;
  readonly #hooks: ChainHooks;
  readonly #graces: ChainGraces;
  readonly #checkpoints: Checkpoints;
  readonly #loaded = new LoadedRecords();
  readonly #startedAt = performance.now();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #warned = new Set<string>();
  /** By place: 0 is the tap. The target is started first. */
  #members: Member[] = [];
  #links: Link[] = [];
  #cause: Cause | undefined;
  #stopReason: ChainStopReason | undefined;
  /** The tap had ended by itself before anybody stopped the chain. */
  #tapEnded = false;
  #killed = false;
  #statesRead: Promise<void> = Promise.resolve();

  constructor(spec: ChainSpec, hooks: ChainHooks) {
    this.#spec = spec;
    this.#hooks = hooks;
    this.#graces = { ...defaultGraces, ...spec.graces };
    this.#checkpoints = new Checkpoints({
      save: ({ state, recordsLoaded }) => hooks.save?.(state, { recordsLoaded }) ?? Promise.resolve(),
      onFailure: (error) => this.#saveFailed(error),
      onRetry: () => this.#warn('STATE_NOT_SAVED', 'The state can not be saved now; the run goes on and tries again.'),
      interval: spec.checkpointInterval,
    });
    this.done = this.#run();
  }

  stop(reason: ChainStopReason): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.#endTap();
  }

  kill(): void {
    this.#stopReason ??= 'signal';
    this.#killed = true;
    this.#checkpoints.hurry();
    for (const { child } of this.#members) child.signalGroup('SIGKILL');
  }

  async #run(): Promise<ChainOutcome> {
    const stopWatching = this.#watch();
    try {
      await this.#start();
    } catch (error) {
      this.#cause ??= { place: undefined, error: asTaplineError(error) };
      for (const { child } of this.#members) child.signalGroup('SIGKILL');
    }
    await Promise.all(this.#members.map(({ child }) => child.exited));
    await Promise.all(this.#links.map((link) => link.ended));
    await Promise.all([this.#statesRead, ...this.#members.map(({ heard }) => heard)]);
    this.#judgeLinks();
    if (this.#isWhole()) this.#loaded.all(this.#lastTotals().records, this.#lastStreams().values());
    await this.#checkpoints.finish();
    await Promise.all(this.#members.map((member) => this.#forgetGroup(member)));
    stopWatching();
    for (const timer of this.#timers) clearTimeout(timer);
    return this.#outcome();
  }

  // Start

  async #start(): Promise<void> {
    const { directory, processes } = this.#spec;
    const links = processes.length - 1;
    const pipes = await openLinkPipes(directory, links);
    if (pipes === undefined) this.#log('debug', 'No FIFOs can be made here; socket pairs are slower.');
    try {
      // From the target up: where it can't start, the tap has not begun to do anything.
      for (const [place, process] of [...processes.entries()].reverse()) {
        if (this.#stopReason !== undefined) break;
        this.#members.unshift(await this.#startMember(process, place, pipes));
      }
      if (this.#members.length === processes.length) {
        this.#links = Array.from({ length: links }, (_, index) => this.#join(index, pipes?.[index]));
        this.#readStates();
      }
    } finally {
      if (this.#links.length === 0) for (const link of pipes ?? []) closeLinkPipes(link);
      // Only now: an exit is judged by the links.
      for (const member of this.#members) void member.child.exited.then((exit) => this.#exited(member, exit));
    }
    // A stop that came while the processes were being started.
    if (this.#killed || this.#links.length === 0) for (const { child } of this.#members) child.signalGroup('SIGKILL');
    else if (this.#stopReason !== undefined) this.#endTap();
  }

  async #startMember(spec: ChainProcessSpec, place: number, pipes: LinkPipes[] | undefined): Promise<Member> {
    const read = pipes?.[place - 1]?.down;
    const written = pipes?.[place]?.up;
    const input = place === 0 ? (this.#spec.tapStdin ?? 'ignore') : (read?.childs ?? 'pipe');
    const child = await startChild(spec, [input, written?.childs ?? 'pipe', 'pipe']);
    this.#hooks.reaper?.watchGroup(child.pid);
    for (const pipe of [read, written]) if (pipe !== undefined) closeChilds(pipe);
    const started = child.started();
    const { role, plugin, pluginType } = spec;
    this.#hooks.emit({ type: 'process.started', role, plugin, pid: child.pid });
    void started.then((process) => this.#hooks.processStarted?.(process));
    const heard = child.readLines(child.process.stderr, (line) => {
      child.remember(line);
      const entry = readPluginLog(line, spec.structuredLogs === true);
      if (entry !== undefined)
        this.#hooks.emit({
          type: 'plugin.log',
          role,
          plugin,
          pluginType,
          stdio: 'stderr',
          ...entry,
          stateId: this.#spec.stateId,
        });
    });
    const member: Member = { spec, place, child, started, heard, consequence: false };
    return member;
  }

  #join(index: number, pipes: LinkPipes | undefined): Link {
    const before = this.#member(index);
    const after = this.#member(index + 1);
    const isFirst = index === 0;
    const isLast = index === this.#spec.processes.length - 2;
    const plugin = before.spec.plugin;
    return new Link({
      source: pipes?.up.ours ?? streamOf(before.child.process.stdout),
      sink: pipes?.down.ours ?? streamOf(after.child.process.stdin),
      scanner: {
        onMessage: readMessages({
          onSchema: isFirst ? (schema) => this.#hooks.emit({ type: 'schema', plugin, ...schema }) : undefined,
          onState: isLast
            ? (state) => this.#loaded.pass(state, this.#lastTotals().records, this.#lastStreams())
            : undefined,
        }),
        onTooLong: ({ type, bytes, limit }) => {
          const message = `${plugin} wrote a ${type} line of more than ${limit} bytes (${bytes} so far).`;
          this.#refuse(
            index,
            new TaplineError('MESSAGE_TOO_LONG', message, { hint: `Make the tap write smaller ${type} messages.` }),
          );
        },
      },
      acceptLast: async () => {
        const exit = await before.child.exited;
        return exit.code === 0 && before.child.signalled === undefined;
      },
      onOddLines: (link) => this.#odd(link, index),
      onSinkGone: () => this.#sinkGone(after),
    });
  }

  #readStates(): void {
    const target = this.#member(this.#spec.processes.length - 1);
    const stream = streamOf(target.child.process.stdout);
    const plugin = target.spec.plugin;
    const lines = readTargetStates(stream, {
      longest: this.#spec.longestState,
      onState: (state) => {
        this.#loaded.print(state);
        this.#checkpoints.print({ state, recordsLoaded: this.#loaded.records });
      },
      onUseless: (kind) => {
        const message = `Received state is ${kind}, incremental state has not been updated.`;
        this.#warn(
          `STATE_${kind.toUpperCase()}`,
          message,
          `${plugin} printed a line on stdout that is ${kind === 'empty' ? 'an empty state' : 'no JSON object'}.`,
        );
      },
      onTooLong: () => {
        const error = new TaplineError(
          'MESSAGE_TOO_LONG',
          `${plugin} printed a state of more than ${this.#spec.longestState ?? 'the allowed'} bytes.`,
        );
        this.#fail({ place: undefined, error }, 'all');
      },
    });
    this.#statesRead = target.child.endOf(stream, this.#graces.drain).then(() => lines.end());
  }

  // While it runs

  #exited(member: Member, exit: Exit): void {
    const { place, spec, child } = member;
    this.#hooks.emit({
      type: 'process.exited',
      role: spec.role,
      plugin: spec.plugin,
      pid: child.pid,
      exitCode: exit.code,
      signal: exit.signal,
    });
    void member.started.then((process) => this.#hooks.processExited?.(process, exit));
    if (!signalGroup(child.pid, 0)) this.#hooks.reaper?.forgetGroup(child.pid);
    // Who was ended by us, or writes into a link that was cut, does not fail by itself.
    const before = this.#links[place - 1];
    const after = this.#links[place];
    member.consequence = child.signalled !== undefined || after?.end === 'cut';
    if (place === 0 && this.#stopReason === undefined && !member.consequence) this.#tapEnded = true;
    if (after !== undefined) this.#boundSource(after, member);
    if (failedByItself(this.#judged(member))) {
      // The tap's end, a bad one too, runs down the links by itself; the target drains without a limit.
      if (place === 0) this.#cause ??= { place, error: undefined };
      else this.#fail({ place, error: undefined }, 'others');
      void member.heard.then(() => this.#log('error', failureLine(member, exit)));
    } else if (member.consequence) {
      before?.cut();
    } else if (before !== undefined && before.end === undefined) this.#mayHaveLeftEarly(member, before);
  }

  /** It ended well while its link was open: that is no failure only where the link ends soon, with nothing more to carry. */
  #mayHaveLeftEarly(member: Member, link: Link): void {
    if (link.sinkGone) {
      this.#leftEarly(member);
      return;
    }
    const timer = this.#after(this.#graces.afterFailure, () => this.#leftEarly(member));
    void link.ended.then(() => clearTimeout(timer));
  }

  #leftEarly(member: Member): void {
    const before = this.#member(member.place - 1).spec.plugin;
    this.#fail({ place: member.place, error: leftEarly(this.#judged(member), before) }, 'others');
  }

  /** A closed pipe is a symptom: mostly its process is about to be reported as ended, and is judged then. */
  #sinkGone(member: Member): void {
    const { child, spec } = member;
    if (child.exit !== undefined) {
      if (!failedByItself(this.#judged(member)) && !member.consequence) this.#leftEarly(member);
      return;
    }
    this.#after(this.#graces.afterFailure, () => {
      if (!child.running || member.consequence) return;
      const message = `${spec.plugin} closed its input and goes on running, while there is more data for it.`;
      const error = new TaplineError('TARGET_LEFT_EARLY', message, { data: { plugin: spec.plugin, role: spec.role } });
      this.#fail({ place: undefined, error }, 'all');
    });
  }

  /** A process has ended, but something that it left behind holds its pipe open and writes nothing: that is its end. */
  #boundSource(link: Link, member: Member): void {
    let read = link.bytesRead;
    const check = () => {
      if (link.sourceEnded || link.end !== undefined) return;
      if (!link.blocked && link.bytesRead === read) {
        this.#warn(
          'OUTPUT_HELD_OPEN',
          `${member.spec.plugin} has ended, but a process that it left behind holds its output open; what that one still writes is not read.`,
        );
        link.endSource();
        return;
      }
      read = link.bytesRead;
      this.#after(this.#graces.drain, check);
    };
    this.#after(this.#graces.drain, check);
  }

  /** False where strict mode ends the chain for it. */
  #odd(link: Link, index: number): boolean {
    const { plugin } = this.#member(index).spec;
    const first = link.scanner.oddLines[0];
    const message = `${plugin} wrote a line that is no Singer message: line ${first?.lineNumber}, ${first?.reason}.`;
    if (this.#spec.strictSinger === true) {
      const hint = 'Without --strict-singer such lines are passed on, counted and warned about.';
      this.#refuse(
        index,
        new TaplineError('SINGER_STRICT', message, { hint, data: { plugin, excerpt: first?.excerpt } }),
      );
      return false;
    }
    this.#warn(
      `SINGER_ODD_LINE_${index}`,
      message,
      `It is passed on as it is. It begins: ${first?.excerpt}`,
      'SINGER_ODD_LINE',
    );
    return true;
  }

  /** What comes over this link is not fit to go on: nothing more of it passes, and the target keeps what it has. */
  #refuse(index: number, error: TaplineError): void {
    this.#cause ??= { place: undefined, error };
    this.#log('error', error.message);
    this.#links[index]?.cut();
    this.#terminate(
      this.#members.filter(({ place }) => place <= index),
      0,
    );
  }

  #saveFailed(cause: unknown): void {
    const error =
      cause instanceof TaplineError
        ? cause
        : new TaplineError(
            'STATE_NOT_SAVED',
            `The state could not be saved: ${(cause as Error)?.message ?? String(cause)}`,
            { cause },
          );
    if (this.#cause === undefined) this.#cause = { place: undefined, error };
    this.#log('error', error.message);
    this.#endTap();
  }

  #fail(cause: Cause, whom: 'others' | 'all'): void {
    const first = this.#cause === undefined;
    this.#cause ??= cause;
    if (first && cause.error !== undefined) this.#log('error', cause.error.message);
    const { place } = cause;
    if (whom === 'others' && place !== undefined) {
      for (const link of this.#links.slice(0, place)) link.cut();
      this.#terminate(this.#members, this.#graces.afterFailure);
    } else {
      for (const link of this.#links) link.cut();
      this.#terminate(this.#members, 0);
    }
  }

  #terminate(members: readonly Member[], delay: number): void {
    const signalRunning = (signal: NodeJS.Signals) => {
      for (const { child } of members) if (child.running) child.signalGroup(signal);
    };
    const end = () => {
      signalRunning('SIGTERM');
      this.#after(this.#graces.kill, () => signalRunning('SIGKILL'));
    };
    if (delay === 0) end();
    else this.#after(delay, end);
  }

  /** The tap gets TERM, and end-of-file runs down the links. */
  #endTap(): void {
    const tap = this.#members[0];
    if (tap === undefined || tap.place !== 0) return;
    if (tap.child.running) tap.child.signalGroup('SIGTERM');
    this.#after(this.#graces.tapStop, () => {
      if (tap.child.running) tap.child.signalGroup('SIGKILL');
    });
    this.#after(this.#graces.stop, () => {
      for (const { child } of this.#members) if (child.running) child.signalGroup('SIGKILL');
    });
  }

  // Watching

  /** Tells progress, and ends a chain that moves no byte. */
  #watch(): () => void {
    let told = '';
    const progress = setInterval(() => {
      if (this.#links.length === 0) return;
      const counts = this.#counts();
      const key = JSON.stringify(counts);
      if (key === told) return;
      told = key;
      const elapsedSeconds = this.#elapsed() / 1000;
      this.#hooks.emit({ type: 'progress', name: this.#spec.name, counts, pressure: this.#pressure(), elapsedSeconds });
    }, progressMilliseconds);
    const stall = this.#watchStall();
    return () => {
      clearInterval(progress);
      clearInterval(stall);
    };
  }

  #watchStall(): NodeJS.Timeout | undefined {
    const seconds = this.#spec.stallTimeoutSeconds;
    if (seconds === undefined || seconds <= 0) return undefined;
    let moved = -1;
    let since = performance.now();
    return setInterval(
      () => {
        const now = this.#links.reduce((sum, link) => sum + link.bytesRead + link.bytesWritten, 0);
        if (now !== moved) {
          moved = now;
          since = performance.now();
        } else if (performance.now() - since >= seconds * 1000 && this.#cause === undefined) this.#stalled(seconds);
      },
      Math.min(1_000, seconds * 250),
    );
  }

  #stalled(seconds: number): void {
    const silent = this.#silent();
    const plugin = silent?.spec.plugin ?? this.#spec.name;
    const blocked = silent !== undefined && this.#links[silent.place - 1]?.blocked === true;
    const what = blocked ? 'did not read' : 'was silent';
    const message = `No byte has moved for ${seconds} s: ${plugin} ${what}.`;
    const data = { plugin, role: silent?.spec.role, lastLines: silent?.child.lastLines };
    const hint = `Its last lines of output may say what it waits for; the limit is its \`stall_timeout\`.`;
    this.#fail({ place: undefined, error: new TaplineError('PROCESS_STALLED', message, { hint, data }) }, 'all');
  }

  /** Whom the chain waits for: the last one that does not read, else the first one that still runs. */
  #silent(): Member | undefined {
    const blocked = this.#links.findLastIndex((link) => link.blocked);
    if (blocked !== -1) return this.#members[blocked + 1];
    return this.#members.find(({ child }) => child.running);
  }

  // The end

  #judgeLinks(): void {
    for (const [index, link] of this.#links.entries()) {
      const { unfinished } = link;
      if (unfinished === undefined) continue;
      const { plugin } = this.#member(index).spec;
      const where = unfinished.stream === undefined ? '' : ` of stream ${unfinished.stream}`;
      const what = `${plugin} ended inside a line${where} (${unfinished.bytes} bytes of it)`;
      if (unfinished.passedOn === 0) {
        this.#warn('SINGER_UNFINISHED_LINE', `${what}; it is not passed on.`);
        continue;
      }
      const message = `${what}; ${unfinished.passedOn} bytes were passed on already and can't be called back.`;
      this.#warn('SINGER_UNFINISHED_LINE', message);
      const hint =
        'The target has seen a line that does not end. Run it again: the state is still that of before this line.';
      this.#cause ??= { place: undefined, error: new TaplineError('PROCESS_FAILED', message, { hint }) };
    }
  }

  /** All that the tap had to say is loaded. */
  #isWhole(): boolean {
    const target = this.#members.at(-1)?.child;
    return (
      this.#cause === undefined && target?.exit?.code === 0 && this.#links.every((link) => link.end === 'delivered')
    );
  }

  async #forgetGroup({ child }: Member): Promise<void> {
    await endLeftOvers(child.pid);
    this.#hooks.reaper?.forgetGroup(child.pid);
  }

  #outcome(): ChainOutcome {
    const judged = this.#members.map((member) => this.#judged(member));
    const error = this.#error(judged);
    const stopped = this.#stopReason !== undefined && !(this.#tapEnded && this.#isWhole());
    const { printed, saved } = this.#checkpoints;
    return {
      status: error !== undefined ? 'failed' : stopped ? 'stopped' : 'success',
      error,
      stopReason: this.#stopReason,
      durationSeconds: this.#elapsed() / 1000,
      counts: this.#counts(),
      pressure: this.#pressure(),
      streams: this.#streams(),
      processes: judged.map(({ role, plugin, exit, lastLines }) => ({
        role,
        plugin,
        exitCode: exit.code,
        signal: exit.signal,
        lastLines: [...lastLines],
      })),
      exitCodes: exitCodesOf(judged),
      state: { printed: printed?.state, saved: saved?.state, isSaved: printed === saved },
    };
  }

  #error(judged: readonly JudgedProcess[]): TaplineError | undefined {
    const { place, error } = this.#cause ?? {};
    if (error !== undefined) return error;
    if (place === undefined) return undefined;
    // Ends come in no certain order; who fails because of an end before it is never before that one.
    const [first, ...others] = judged.filter(failedByItself);
    return first === undefined ? undefined : processFailure([first, ...others]);
  }

  #judged({ spec, child, consequence }: Member): JudgedProcess {
    const exit = child.exit ?? { code: null, signal: null };
    return { role: spec.role, plugin: spec.plugin, exit, lastLines: child.lastLines, consequence };
  }

  #counts(): ChainCounts {
    const first = this.#links[0];
    return {
      recordsExtracted: first?.scanner.totals.records ?? 0,
      recordsLoaded: this.#loaded.records,
      bytesExtracted: first?.bytesRead ?? 0,
      states: this.#lastTotals().states,
      oddLines: this.#links.reduce((sum, link) => sum + link.scanner.totals.oddLines, 0),
    };
  }

  /** Of the time since the start, so that a short chain's start-up counts as waiting for the tap. */
  #pressure(): ChainPressure {
    const now = performance.now();
    const elapsed = now - this.#startedAt;
    const percent = (milliseconds = 0) => Math.min(100, Math.round((milliseconds / elapsed) * 100));
    return {
      waitingForTap: percent(this.#links[0]?.waited(now).forSource),
      waitingForTarget: percent(this.#links.at(-1)?.waited(now).forSink),
    };
  }

  #streams(): ChainOutcome['streams'] {
    const last = [...this.#lastStreams().keys()];
    const loaded = new Map(last.map((stream, index) => [stream, this.#loaded.byStream[index] ?? 0]));
    const extracted = this.#links[0]?.scanner.streams ?? new Map<string, { records: number }>();
    const names = new Set([...extracted.keys(), ...last]);
    return [...names].map((stream) => ({
      stream,
      recordsExtracted: extracted.get(stream)?.records ?? 0,
      recordsLoaded: loaded.get(stream) ?? 0,
    }));
  }

  #lastTotals(): Readonly<{ records: number; states: number }> {
    return this.#links.at(-1)?.scanner.totals ?? { records: 0, states: 0 };
  }

  #lastStreams(): ReadonlyMap<string, { records: number }> {
    return this.#links.at(-1)?.scanner.streams ?? new Map();
  }

  // Small things

  #member(place: number): Member {
    const member = this.#members[place];
    if (member === undefined) throw new Error(`chain ${this.#spec.name} has no process at ${place}`);
    return member;
  }

  #elapsed(): number {
    return performance.now() - this.#startedAt;
  }

  #after(milliseconds: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, milliseconds);
    this.#timers.add(timer);
    return timer;
  }

  #log(level: 'debug' | 'info' | 'error', message: string): void {
    this.#hooks.emit({ type: 'log', level, message });
  }

  /** Once for each key. */
  #warn(key: string, message: string, hint?: string, code = key): void {
    if (this.#warned.has(key)) return;
    this.#warned.add(key);
    this.#hooks.emit({ type: 'warning', code, message, hint });
  }
}

function failureLine({ spec, child }: Member, exit: Exit): string {
  const last = child.lastLines.at(-1);
  return `${spec.plugin} ${describeExit(exit)}${last === undefined ? '' : `: ${last}`}`;
}

function closeLinkPipes({ up, down }: LinkPipes): void {
  closePipe(up);
  closePipe(down);
}

function streamOf<T>(stream: T | null): T {
  if (stream === null) throw new Error('a chain process was started without its pipe');
  return stream;
}

function asTaplineError(error: unknown): TaplineError {
  if (error instanceof TaplineError) return error;
  return new TaplineError('RUN_FAILED', error instanceof Error ? error.message : String(error), { cause: error });
}
