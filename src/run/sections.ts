/** The sections (run steps and pipelines) of a run: each begins with its first block, ends with its last, and is stopped at its timeout. */
import { availableParallelism } from 'node:os';
import { TaplineError } from '../errors.js';
import { lineage } from '../plan/lineage.js';
import type { PlanScope } from '../plan/types.js';
import { errorInfo } from './emit.js';
import type { BlockStatus, BlockSummary, ErrorInfo } from './events.js';
import type { LimiterSections } from './limiter.js';
import type { RunContext } from './run-context.js';
import { stopAfter } from './signals.js';
import { StopControl } from './stop-control.js';

interface OpenSection {
  scope: PlanScope;
  stop: StopControl;
  started: number;
  /** The blocks of this section that have ended. */
  summaries: BlockSummary[];
  /** The first error of a section inside this one. */
  error?: ErrorInfo | undefined;
  close(): void;
}

export class RunSections implements LimiterSections {
  /** The error of the first section that timed out. */
  failure: TaplineError | undefined;
  /** Outermost first. */
  private open: OpenSection[] = [];

  constructor(
    private readonly context: Pick<RunContext, 'emitter' | 'notes' | 'owner' | 'options' | 'stop' | 'world'>,
  ) {}

  /** Ends the sections that are over and begins the new ones. Returns the stop control of the innermost. */
  enter(scope: PlanScope | undefined, willStart: boolean): StopControl {
    const wanted = lineage(scope);
    const shared = this.open.findIndex((each, index) => each.scope !== wanted[index]);
    if (shared !== -1) this.leave(shared);
    for (const each of wanted.slice(this.open.length)) this.begin(each, willStart);
    return this.open.at(-1)?.stop ?? this.context.stop;
  }

  jobs(scope: PlanScope | undefined): number {
    return jobsOf(scope, this.context.options.jobs);
  }

  note(summaries: readonly BlockSummary[]): void {
    for (const { summaries: all } of this.open) all.push(...summaries);
  }

  /** Ends all sections except the outermost `keep`. */
  leave(keep = 0): void {
    while (this.open.length > keep) {
      const ended = this.open.pop();
      if (ended !== undefined) this.end(ended);
    }
  }

  private begin(scope: PlanScope, willStart: boolean): void {
    const { emitter, notes, owner } = this.context;
    const stop = new StopControl(this.open.at(-1)?.stop ?? this.context.stop);
    const isIdle = !willStart || stop.stopping;
    const close = stopAfter(isIdle ? undefined : scope.timeoutSeconds, stop);
    this.open.push({ scope, stop, started: performance.now(), summaries: [], close });
    const { kind, id, name, parent } = scope;
    if (!isIdle) emitter.at({ blockId: id, parentId: parent?.id })({ type: 'scope.started', kind, name });
    const row = {
      runId: owner.runId,
      blockId: id,
      parentId: parent?.id,
      kind,
      name,
      plugins: [],
      attempt: 1,
      options: {},
    };
    const startedAt = new Date();
    void notes.note((history) => history.startBlock({ ...row, startedAt }));
  }

  private end({ scope, stop, started, summaries, error: inner, close }: OpenSection): void {
    close();
    const timeout = statusOf(summaries) === 'success' ? undefined : this.timeoutError(scope, stop);
    this.failure ??= timeout;
    const failed = summaries.find(({ status }) => status === 'failed')?.error;
    const cause = timeout === undefined ? (inner ?? failed) : errorInfo(timeout);
    const status = timeout === undefined && inner === undefined ? statusOf(summaries) : 'failed';
    const outer = this.open.at(-1);
    if (outer !== undefined && status === 'failed') outer.error ??= cause;
    this.emitEnd(scope, status, (performance.now() - started) / 1000, cause);
  }

  /** The error of a section that was stopped by its own timeout. */
  private timeoutError({ name, timeoutSeconds, at }: PlanScope, stop: StopControl): TaplineError | undefined {
    const isTimedOut = stop.first?.reason === 'timeout' && !this.context.stop.stopping;
    if (!isTimedOut || timeoutSeconds === undefined) return undefined;
    return new TaplineError('RUN_TIMEOUT', `run step '${name}' timed out after ${timeoutSeconds} s`, {
      at,
      hint: 'What was loaded before is saved; the next run continues from there. The limit is the `timeout:` of the step.',
      data: { step: name },
    });
  }

  private emitEnd(
    { kind, id, name, parent }: PlanScope,
    status: BlockStatus,
    durationSeconds: number,
    error: ErrorInfo | undefined,
  ): void {
    const { emitter, notes, owner, world } = this.context;
    const emit = emitter.at({ blockId: id, parentId: parent?.id });
    emit({ type: 'scope.finished', kind, name, status, durationSeconds, error });
    const masked = error === undefined ? undefined : world.mask.value({ ...error });
    const row = { runId: owner.runId, blockId: id, attempt: 1, status, endedAt: new Date(), error: masked };
    void notes.note((history) => history.finishBlock(row));
  }
}

/** Blocks mostly wait for a network, so a machine with one CPU can run several. */
const minDefaultJobs = 4;

/** Where blocks run in parallel and nothing says how many: one per CPU, at least 4. */
export function defaultJobs(): number {
  return Math.max(minDefaultJobs, availableParallelism());
}

/** How many blocks run in parallel: in a section its own `jobs`, then `--jobs`, then the default; outside a section `--jobs`, else 1. */
export function jobsOf(scope: PlanScope | undefined, jobs: number | undefined): number {
  return scope === undefined ? (jobs ?? 1) : (scope.jobs ?? jobs ?? defaultJobs());
}

/** The worst status of the blocks. */
function statusOf(summaries: readonly BlockSummary[]): BlockStatus {
  const worst = ['failed', 'stopped', 'skipped', 'not_started'] as const;
  return worst.find((status) => summaries.some((summary) => summary.status === status)) ?? 'success';
}
