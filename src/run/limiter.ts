import { setImmediate as turn } from 'node:timers/promises';
import { pluginsOf } from '../plan/block-plugins.js';
import type { Block, Plan, PlanScope } from '../plan/types.js';
import type { BlockSummary } from './events.js';
import type { StopControl } from './stop-control.js';
import type { FailurePolicy } from './types.js';

/** The answer to a request for a claim: the right to run one block now (its lease, its slots under `concurrency` limits). */
export type ClaimResult<Claim> =
  | { kind: 'claimed'; claim: Claim }
  /** Another run has what the block needs: ask again later. */
  | { kind: 'busy'; for: 'lease' | 'concurrency' }
  | AttemptEnd;

/** `again`: the attempt failed, and the next one starts after this delay. */
export type AttemptEnd = { kind: 'ended'; summary: BlockSummary } | { kind: 'again'; afterSeconds: number };

export interface BlockWork<Claim> {
  /** Takes all that the block needs, or nothing. Never rejects. */
  claim(block: Block, bounds: BlockBounds): Promise<ClaimResult<Claim>>;
  /** Runs the block and releases its claim. Never rejects. */
  run(block: Block, claim: Claim, bounds: BlockBounds): Promise<AttemptEnd>;
  giveBack(claim: Claim): Promise<void>;
  /** Reports a block that will not run, or not again. */
  notStarted(block: Block): BlockSummary;
}

export interface BlockBounds {
  stop: StopControl;
  /** False once nothing new may start. */
  mayRetry(): boolean;
}

/** Follows the sections that the groups belong to. */
export interface LimiterSections {
  /** Called before a group's first block, or when none of its blocks will start. Returns the stop control of the group. */
  enter(scope: PlanScope | undefined, willStart: boolean): StopControl;
  /** Called after a group's last block. */
  note(summaries: readonly BlockSummary[]): void;
  /** Maximum number of blocks that run in parallel. */
  jobs(scope: PlanScope | undefined): number;
}

export interface LimiterOptions {
  onFailure: FailurePolicy;
  sections: LimiterSections;
}

const askAgainSeconds = 0.5;
/** The longest delay that a timer takes; a longer wait is divided. */
const maxTimerMilliseconds = 2 ** 31 - 2;

/**
 * Runs a plan group by group. In a group up to `jobs` blocks run in parallel, in order as far as they can start, never two with the
 * same state ID. There is one limiter: a block takes a slot only once it holds everything else that it needs.
 */
export async function runPlan<Claim>(
  plan: Plan,
  work: BlockWork<Claim>,
  options: LimiterOptions,
): Promise<BlockSummary[]> {
  const summaries: BlockSummary[] = [];
  const { onFailure, sections } = options;
  for (const { blocks, scope } of plan.groups) {
    const isOver = isClosedBy(summaries, onFailure);
    const rules = { onFailure, jobs: sections.jobs(scope), stop: sections.enter(scope, !isOver) };
    const ended = await new Group(blocks, work, rules, isOver).run();
    sections.note(ended);
    summaries.push(...ended);
  }
  return summaries;
}

interface GroupRules {
  jobs: number;
  onFailure: FailurePolicy;
  stop: StopControl;
}

/** Whether nothing new may start because of how other blocks ended. */
function isClosedBy(summaries: readonly BlockSummary[], onFailure: FailurePolicy): boolean {
  return onFailure !== 'run-rest' && summaries.some(({ status }) => status !== 'success');
}

class Group<Claim> {
  private readonly pending: Block[];
  private readonly stopped: Promise<void>;
  private readonly running = new Map<Block, Promise<void>>();
  private readonly summaries = new Map<Block, BlockSummary>();
  private readonly askAt = new Map<Block, number>();
  /** When to ask again for blocks with the same plugins, one of which is at its `concurrency` limit. */
  private readonly fullUntil = new Map<string, number>();
  private readonly plugins: ReadonlyMap<Block, string>;

  constructor(
    private readonly blocks: readonly Block[],
    private readonly work: BlockWork<Claim>,
    private readonly options: GroupRules,
    private closed: boolean,
  ) {
    this.pending = [...blocks];
    this.plugins = new Map(blocks.map((block) => [block, pluginsKey(block)]));
    this.stopped = options.stop.stopped();
  }

  async run(): Promise<BlockSummary[]> {
    while (this.pending.length > 0 || this.running.size > 0) {
      if (this.isClosed()) this.dropPending();
      const next = this.next();
      if (next !== undefined) await this.start(next);
      else if (this.running.size > 0 || this.pending.length > 0) await this.nextChange();
    }
    return this.blocks.flatMap((block) => this.summaries.get(block) ?? []);
  }

  private isClosed(): boolean {
    const { stop } = this.options;
    this.closed ||= stop.stopping;
    return this.closed;
  }

  private next(): Block | undefined {
    if (this.running.size >= this.options.jobs) return undefined;
    const now = performance.now();
    return this.pending.find((block) => this.dueAt(block) <= now && !this.sharesState(block));
  }

  /** When to ask for the block's claim, or ask again. */
  private dueAt(block: Block): number {
    return Math.max(this.askAt.get(block) ?? 0, this.fullUntil.get(this.plugins.get(block) ?? '') ?? 0);
  }

  private sharesState(block: Block): boolean {
    const stateId = stateIdOf(block);
    return stateId !== undefined && [...this.running.keys()].some((other) => stateIdOf(other) === stateId);
  }

  private async start(block: Block): Promise<void> {
    const bounds = { stop: this.options.stop, mayRetry: () => !this.isClosed() };
    const result = await this.work.claim(block, bounds);
    if (result.kind === 'again') return this.askLater(block, result.afterSeconds);
    if (result.kind === 'busy') {
      if (result.for === 'lease') this.askLater(block, askAgainSeconds);
      // All other blocks with the same plugins would get the same answer.
      else this.fullUntil.set(pluginsKey(block), performance.now() + askAgainSeconds * 1000);
      // A store may answer without a turn of the event loop: running blocks and signals need theirs.
      return turn();
    }
    // A stop that came while the claim was taken applies to this block, too.
    if (this.isClosed() && result.kind === 'claimed') {
      await this.work.giveBack(result.claim);
      return;
    }
    this.pending.splice(this.pending.indexOf(block), 1);
    if (result.kind === 'ended') {
      this.finish(block, result.summary);
      return;
    }
    const running = this.work.run(block, result.claim, bounds).then((ended) => {
      if (ended.kind === 'again') this.putBack(block, ended.afterSeconds);
      else this.finish(block, ended.summary);
    });
    this.running.set(block, running);
  }

  /** The block waits without a slot, so others may run meanwhile. */
  private putBack(block: Block, seconds: number): void {
    this.running.delete(block);
    this.fullUntil.clear();
    this.pending.push(block);
    this.askLater(block, seconds);
  }

  private askLater(block: Block, seconds: number): void {
    this.askAt.set(block, performance.now() + seconds * 1000);
  }

  private finish(block: Block, summary: BlockSummary): void {
    this.running.delete(block);
    this.summaries.set(block, summary);
    this.fullUntil.clear();
    const { onFailure, stop } = this.options;
    this.closed ||= isClosedBy([summary], onFailure);
    if (summary.status === 'failed' && onFailure === 'fail-fast') stop.request({ reason: 'failure', second: false });
  }

  private dropPending(): void {
    for (const block of this.pending.splice(0)) this.summaries.set(block, this.work.notStarted(block));
  }

  /** Resolves when a block ends, when it is time to ask again, or when the run stops. */
  private async nextChange(): Promise<void> {
    const wake: Promise<void>[] = [...this.running.values()];
    if (!this.options.stop.stopping) wake.push(this.stopped);
    let timer: NodeJS.Timeout | undefined;
    const next = this.nextDueAt();
    if (next !== undefined && this.running.size < this.options.jobs) {
      const wait = Math.min(maxTimerMilliseconds, Math.max(0, next - performance.now()));
      wake.push(new Promise((resolve) => (timer = setTimeout(resolve, wait + 1))));
    }
    await Promise.race(wake);
    clearTimeout(timer);
  }

  /** The earliest time at which to ask for a block that does not wait for another to end. */
  private nextDueAt(): number | undefined {
    const times = this.pending.filter((block) => !this.sharesState(block)).map((block) => this.dueAt(block));
    return times.length === 0 ? undefined : times.reduce((first, time) => Math.min(first, time));
  }
}

/** The key for `concurrency` limits: in a group, the same plugins have the same limits. */
function pluginsKey(block: Block): string {
  return pluginsOf(block)
    .map(({ type, name }) => `${type}/${name}`)
    .join(' ');
}

function stateIdOf(block: Block): string | undefined {
  return block.kind === 'chain' ? block.stateId : undefined;
}
