import { TaplineError } from '../../errors.js';
import { pluginsOf } from '../../plan/block-plugins.js';
import type { Block, RetryRule } from '../../plan/types.js';
import { type Busy, type Claim, releaseClaim, takeClaim } from '../claim/claim.js';
import type { BlockSummary } from '../events.js';
import type { AttemptEnd, BlockBounds, BlockWork, ClaimResult } from '../limiter.js';
import type { RunContext } from '../run-context.js';
import { StopControl } from '../stop-control.js';
import { type Attempt, attemptOf, recordUnstarted } from './block-run.js';
import { executeBlock } from './execute.js';
import { isTransient, pauseSeconds, retryOf, retryRule } from './retry-rule.js';

/** What a block holds for an attempt, and the rule for when that fails. */
type Held = Claim & { retry: RetryRule };

interface FailedAttempt {
  attempt: number;
  summary: BlockSummary;
}

/** Claims, runs and reports the blocks of a run for the limiter, and decides which are tried again. */
export class BlockAttempts implements BlockWork<Held> {
  private readonly failed = new Map<Block, FailedAttempt>();
  /** What each block was last reported to wait for. */
  private readonly reported = new Map<Block, string>();

  constructor(private readonly context: RunContext) {}

  async claim(block: Block, { mayRetry }: BlockBounds): Promise<ClaimResult<Held>> {
    const attempt = this.next(block);
    let retry: RetryRule = { retries: 0, delaySeconds: 0 };
    let summary: BlockSummary;
    try {
      const { settings } = this.context.world;
      const plugins = pluginsOf(block).map((plugin) => settings.plugin(plugin, { extraEnv: block.env }));
      retry = retryRule(plugins.map(retryOf), block, this.context.options.retry);
      const taken = await takeClaim(this.context, block, plugins, attempt.emit);
      if (taken.kind === 'claimed') return { kind: 'claimed', claim: { ...taken.claim, retry } };
      if (this.mustWait(taken)) return this.wait(attempt, taken);
      summary = this.refused(attempt, taken);
    } catch (error) {
      summary = recordUnstarted(attempt, 'failed', error);
    }
    return this.end(attempt, summary, retry, mayRetry);
  }

  async run(block: Block, { retry, ...claim }: Held, { stop, mayRetry }: BlockBounds): Promise<AttemptEnd> {
    const attempt = this.next(block);
    const summary = await executeBlock({ ...attempt, claim, stop: new StopControl(stop) });
    return this.end(attempt, summary, retry, mayRetry);
  }

  /** Releases a claim that was taken but not used: its row must not stay RUNNING. */
  async giveBack(claim: Held): Promise<void> {
    await claim.state?.row.finish('The process was interrupted').catch(() => undefined);
    await releaseClaim(claim);
  }

  notStarted(block: Block): BlockSummary {
    const last = this.failed.get(block);
    // A block that waits for its next attempt has failed, whatever prevents that attempt.
    if (last !== undefined) return finish(attemptOf(this.context, block, last.attempt), last.summary);
    const attempt = attemptOf(this.context, block, 1);
    return finish(attempt, recordUnstarted(attempt, 'not_started'));
  }

  private next(block: Block): Attempt {
    return attemptOf(this.context, block, (this.failed.get(block)?.attempt ?? 0) + 1);
  }

  /** Reports the end of the block, or schedules another attempt. */
  private end(attempt: Attempt, summary: BlockSummary, retry: RetryRule, mayRetry: () => boolean): AttemptEnd {
    const { block, attempt: number, emit } = attempt;
    const isAgain = summary.status === 'failed' && isTransient(summary.error) && number <= retry.retries && mayRetry();
    if (!isAgain) return { kind: 'ended', summary: finish(attempt, summary) };
    this.failed.set(block, { attempt: number, summary });
    const delaySeconds = pauseSeconds(retry, number);
    emit({ type: 'block.retrying', attempts: retry.retries + 1, delaySeconds, summary });
    return { kind: 'again', afterSeconds: delaySeconds };
  }

  private mustWait(busy: Busy): boolean {
    return busy.for === 'concurrency' || this.context.options.ifRunning === 'wait';
  }

  /** Emits an event once per holder, not each time we ask. */
  private wait({ block, emit }: Attempt, busy: Busy): ClaimResult<Held> {
    const news = `${busy.for} ${busy.holder}`;
    if (this.reported.get(block) !== news)
      emit({ type: 'block.waiting', name: block.name, for: busy.for, holder: busy.holder });
    this.reported.set(block, news);
    return { kind: 'busy', for: busy.for };
  }

  private refused(attempt: Attempt, { error }: Busy): BlockSummary {
    if (this.context.options.ifRunning !== 'skip') return recordUnstarted(attempt, 'failed', error);
    const skipped = new TaplineError('RUN_SKIPPED', `skipped: ${error.message}`, { data: error.data });
    return recordUnstarted(attempt, 'skipped', skipped);
  }
}

/** Emitted once per block, however often it is tried. */
function finish({ emit }: Attempt, summary: BlockSummary): BlockSummary {
  emit({ type: 'block.finished', summary });
  return summary;
}
