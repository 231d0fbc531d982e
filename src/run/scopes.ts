/** The run steps and pipelines of a run: begun with their first block, ended with their last, stopped when their time is over. */
import { availableParallelism } from 'node:os';
import { TaplineError } from '../errors.js';
import { lineage } from '../plan/lineage.js';
import type { PlanScope } from '../plan/types.js';
import { errorInfo } from './error-info.js';
import type { BlockStatus, BlockSummary, ErrorInfo } from './events.js';
import type { LimiterScopes } from './limiter.js';
import type { RunContext } from './run-context.js';
import { stopAfter } from './signals.js';
import { StopControl } from './stop-control.js';

interface OpenScope {
  scope: PlanScope;
  stop: StopControl;
  started: number;
  /** Of its blocks that have ended. */
  summaries: BlockSummary[];
  /** Of a step in it. */
  error?: ErrorInfo | undefined;
  close(): void;
}

export class RunScopes implements LimiterScopes {
  /** The first step that ran out of its time. */
  failure: TaplineError | undefined;
  /** From the outermost to the innermost. */
  private open: OpenScope[] = [];

  constructor(
    private readonly context: Pick<RunContext, 'emitter' | 'notes' | 'owner' | 'options' | 'stop' | 'world'>,
  ) {}

  /** Ends the scopes that are over, begins those that are not yet. Returns what stops the blocks of the innermost one. */
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

  /** Ends all scopes but the outermost `keep`. */
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

  private end({ scope, stop, started, summaries, error: inner, close }: OpenScope): void {
    close();
    const late = statusOf(summaries) === 'success' ? undefined : this.lateness(scope, stop);
    this.failure ??= late;
    const failed = summaries.find(({ status }) => status === 'failed')?.error;
    const cause = late === undefined ? (inner ?? failed) : errorInfo(late);
    const status = late === undefined && inner === undefined ? statusOf(summaries) : 'failed';
    const outer = this.open.at(-1);
    if (outer !== undefined && status === 'failed') outer.error ??= cause;
    this.tellEnd(scope, status, (performance.now() - started) / 1000, cause);
  }

  /** The error of a step that was stopped because its own time was over. */
  private lateness({ name, timeoutSeconds, at }: PlanScope, stop: StopControl): TaplineError | undefined {
    const isLate = stop.first?.reason === 'timeout' && !this.context.stop.stopping;
    if (!isLate || timeoutSeconds === undefined) return undefined;
    return new TaplineError('RUN_TIMEOUT', `The run step '${name}' timed out after ${timeoutSeconds} s.`, {
      at,
      hint: 'What was loaded until then is saved; the next run goes on from there. `timeout:` of the step sets the limit.',
      data: { step: name },
    });
  }

  private tellEnd(
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

/** How many blocks run at once: in a step as many as it says, else as the command line says, else one for each CPU. */
export function jobsOf(scope: PlanScope | undefined, jobs: number | undefined): number {
  return scope === undefined ? (jobs ?? 1) : (scope.jobs ?? jobs ?? availableParallelism());
}

/** As bad as the worst of its blocks. */
function statusOf(summaries: readonly BlockSummary[]): BlockStatus {
  const worst = ['failed', 'stopped', 'skipped', 'not_started'] as const;
  return worst.find((status) => summaries.some((summary) => summary.status === status)) ?? 'success';
}
