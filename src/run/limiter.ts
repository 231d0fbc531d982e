import { setImmediate as turn } from 'node:timers/promises';
import type { Block, Plan, PlanScope } from '../plan/types.js';
import type { BlockSummary } from './events.js';
import type { StopControl } from './stop-control.js';
import type { FailurePolicy } from './types.js';

/** The right to run one block now: its lease, its places under concurrency limits. */
export type ClaimResult<Claim> =
  | { claim: Claim }
  | { wait: 'lease' | 'concurrency' }
  | { summary: BlockSummary }
  | Again;

/** An attempt failed, and there is another one after so long. */
export interface Again {
  againAfterSeconds: number;
}

export type BlockEnd = BlockSummary | Again;

export interface BlockWork<Claim> {
  /** Takes all that the block needs or nothing; `wait`: somebody else has it, ask again later; `summary`: it will not run. Never rejects. */
  claim(block: Block, bounds: BlockBounds): Promise<ClaimResult<Claim>>;
  /** Runs it to its end and gives the claim back. Never rejects. */
  run(block: Block, claim: Claim, bounds: BlockBounds): Promise<BlockEnd>;
  giveBack(claim: Claim): Promise<void>;
  /** What became of a block that will not run (any more). */
  notStarted(block: Block): BlockSummary;
}

export interface BlockBounds {
  stop: StopControl;
  /** False where nothing may start any more. */
  mayRetry(): boolean;
}

/** Told of what the groups belong to. */
export interface LimiterScopes {
  /** Before a group's first block, or where none of them is to start. Returns what stops its blocks. */
  enter(scope: PlanScope | undefined, willStart: boolean): StopControl;
  /** After its last. */
  note(summaries: readonly BlockSummary[]): void;
  /** How many of its blocks may run at once. */
  jobs(scope: PlanScope | undefined): number;
}

export interface LimiterOptions {
  onFailure: FailurePolicy;
  scopes: LimiterScopes;
}

const askAgainSeconds = 0.5;
/** Timers take no more; who waits longer is woken in between. */
const longestTimer = 2 ** 31 - 2;

/**
 * Runs a plan: group after group; in a group at most so many blocks at once as its step says, in order where they can start, never two with one
 * state ID. One limiter for all: a block takes a place only when everything else that it needs is its own.
 */
export async function runPlan<Claim>(
  plan: Plan,
  work: BlockWork<Claim>,
  options: LimiterOptions,
): Promise<BlockSummary[]> {
  const summaries: BlockSummary[] = [];
  const { onFailure, scopes } = options;
  for (const { blocks, scope } of plan.groups) {
    const isOver = isClosedBy(summaries, onFailure);
    const rules = { onFailure, jobs: scopes.jobs(scope), stop: scopes.enter(scope, !isOver) };
    const ended = await new Group(blocks, work, rules, isOver).run();
    scopes.note(ended);
    summaries.push(...ended);
  }
  return summaries;
}

interface GroupRules {
  jobs: number;
  onFailure: FailurePolicy;
  stop: StopControl;
}

/** Whether nothing new may start, because of what has become of other blocks. */
function isClosedBy(summaries: readonly BlockSummary[], onFailure: FailurePolicy): boolean {
  return onFailure !== 'run-rest' && summaries.some(({ status }) => status !== 'success');
}

class Group<Claim> {
  private readonly pending: Block[];
  private readonly stopped: Promise<void>;
  private readonly running = new Map<Block, Promise<void>>();
  private readonly summaries = new Map<Block, BlockSummary>();
  private readonly askAt = new Map<Block, number>();
  /** By the plugins of a block of which one is at its limit: when to ask again for a block that has the same. */
  private readonly fullUntil = new Map<string, number>();
  private readonly plugins: ReadonlyMap<Block, string>;

  constructor(
    private readonly blocks: readonly Block[],
    private readonly work: BlockWork<Claim>,
    private readonly options: GroupRules,
    private closed: boolean,
  ) {
    this.pending = [...blocks];
    this.plugins = new Map(blocks.map((block) => [block, pluginsOf(block)]));
    this.stopped = options.stop.stopped();
  }

  async run(): Promise<BlockSummary[]> {
    while (this.pending.length > 0 || this.running.size > 0) {
      if (this.isClosed()) this.dropPending();
      const next = this.next();
      if (next !== undefined) await this.start(next);
      else if (this.running.size > 0 || this.pending.length > 0) await this.something();
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
    return this.pending.find((block) => this.timeOf(block) <= now && !this.sharesState(block));
  }

  /** When to ask for it (again). */
  private timeOf(block: Block): number {
    return Math.max(this.askAt.get(block) ?? 0, this.fullUntil.get(this.plugins.get(block) ?? '') ?? 0);
  }

  private sharesState(block: Block): boolean {
    const stateId = stateIdOf(block);
    return stateId !== undefined && [...this.running.keys()].some((other) => stateIdOf(other) === stateId);
  }

  private async start(block: Block): Promise<void> {
    const bounds = { stop: this.options.stop, mayRetry: () => !this.isClosed() };
    const result = await this.work.claim(block, bounds);
    if ('againAfterSeconds' in result) return this.askLater(block, result.againAfterSeconds);
    if ('wait' in result) {
      if (result.wait === 'lease') this.askLater(block, askAgainSeconds);
      // All others with the same plugins would be told the same.
      else this.fullUntil.set(pluginsOf(block), performance.now() + askAgainSeconds * 1000);
      // A store may answer without the event loop having gone round: what runs and signals must have their turn.
      return turn();
    }
    // What was asked for while the claim was taken holds for this block, too.
    if (this.isClosed() && 'claim' in result) {
      await this.work.giveBack(result.claim);
      return;
    }
    this.pending.splice(this.pending.indexOf(block), 1);
    if ('summary' in result) {
      this.finish(block, result.summary);
      return;
    }
    const running = this.work.run(block, result.claim, bounds).then((ended) => {
      if ('againAfterSeconds' in ended) this.putBack(block, ended.againAfterSeconds);
      else this.finish(block, ended);
    });
    this.running.set(block, running);
  }

  /** It waits without a place: others may run meanwhile. */
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

  /** Resolves when a block has ended, when it is time to ask again, or when the run is to stop. */
  private async something(): Promise<void> {
    const wake: Promise<void>[] = [...this.running.values()];
    if (!this.options.stop.stopping) wake.push(this.stopped);
    let timer: NodeJS.Timeout | undefined;
    const next = this.nextTime();
    if (next !== undefined && this.running.size < this.options.jobs) {
      const wait = Math.min(longestTimer, Math.max(0, next - performance.now()));
      wake.push(new Promise((resolve) => (timer = setTimeout(resolve, wait + 1))));
    }
    await Promise.race(wake);
    clearTimeout(timer);
  }

  /** When the first of those may be asked for that need not wait for another's end. */
  private nextTime(): number | undefined {
    const times = this.pending.filter((block) => !this.sharesState(block)).map((block) => this.timeOf(block));
    return times.length === 0 ? undefined : times.reduce((least, time) => Math.min(least, time));
  }
}

/** What `concurrency` limits look at: in a group the same plugins have the same limits. */
function pluginsOf(block: Block): string {
  const plugins = block.kind === 'chain' ? [block.tap, ...block.mappers, block.target] : [block.plugin];
  return plugins.map(({ type, name }) => `${type}/${name}`).join(' ');
}

function stateIdOf(block: Block): string | undefined {
  return block.kind === 'chain' ? block.stateId : undefined;
}
