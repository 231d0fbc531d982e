import { describe, expect, it } from 'vitest';
import type { Block, Plan } from '../../src/plan/types.js';
import type { BlockStatus, BlockSummary } from '../../src/run/events.js';
import { type AttemptEnd, type ClaimResult, runPlan } from '../../src/run/limiter.js';
import { StopControl } from '../../src/run/stop-control.js';
import type { FailurePolicy } from '../../src/run/types.js';

const plugin = (type: string, name: string) => ({ type, name });
const chain = (id: string, stateId = id, tap = 'tap') => {
  const members = { tap: plugin('extractors', tap), mappers: [], target: plugin('loaders', 'target') };
  return { kind: 'chain', id, stateId, ...members } as unknown as Block;
};
const command = (id: string) => ({ kind: 'command', id, plugin: plugin('utilities', 'box') }) as unknown as Block;
const plan = (...groups: Block[][]) => ({ words: [], groups: groups.map((blocks) => ({ blocks })) }) as Plan;

/** Runs a plan whose blocks end when the test says so. */
function direct(
  given: Plan,
  {
    jobs = 1,
    onFailure = 'finish-running' as FailurePolicy,
    claim = (_: Block): ClaimResult<Block> | undefined => undefined,
  } = {},
) {
  const log: string[] = [];
  const ends = new Map<string, (status: BlockStatus | 'again') => void>();
  const stop = new StopControl();
  let changed = () => {};
  const note = (entry: string) => {
    log.push(entry);
    changed();
  };
  const summary = (block: Block, status: BlockStatus) => ({ blockId: block.id, status }) as BlockSummary;
  const work = {
    claim: async (block: Block): Promise<ClaimResult<Block>> => claim(block) ?? { kind: 'claimed', claim: block },
    run: (block: Block) => {
      note(`start ${block.id}`);
      return new Promise<AttemptEnd>((resolve) => {
        ends.set(block.id, (status) => {
          note(`end ${block.id}`);
          ends.delete(block.id);
          resolve(
            status === 'again'
              ? { kind: 'again', afterSeconds: 0.001 }
              : { kind: 'ended', summary: summary(block, status) },
          );
        });
      });
    },
    giveBack: async (block: Block) => note(`back ${block.id}`),
    notStarted: (block: Block) => summary(block, 'not_started'),
  };
  const sections = { enter: () => stop, note: () => undefined, jobs: () => jobs };
  const done = runPlan(given, work, { onFailure, sections }).then((all) =>
    all.map(({ blockId, status }) => `${blockId} ${status}`),
  );
  const until = (entry: string, times = 1) =>
    new Promise<void>((resolve) => {
      changed = () => log.filter((logged) => logged === entry).length >= times && resolve();
      changed();
    });
  return {
    log,
    stop,
    done,
    end: async (id: string, status: BlockStatus | 'again' = 'success', attempt = 1) => {
      await until(`start ${id}`, attempt);
      ends.get(id)?.(status);
    },
    until,
  };
}

describe('a block that is to run again', () => {
  it('gives its slot to others until then', async () => {
    const run = direct(plan([chain('1'), chain('2')]));
    await run.end('1', 'again');
    await run.end('2');
    await run.end('1', 'success', 2);
    expect(await run.done).toEqual(['1 success', '2 success']);
    expect(run.log).toEqual(['start 1', 'end 1', 'start 2', 'end 2', 'start 1', 'end 1']);
  });

  it('keeps the next group waiting, and runs no more once something has failed', async () => {
    const run = direct(plan([chain('1'), chain('2')], [command('3')]), { jobs: 2 });
    await run.until('start 2');
    await run.end('2', 'failed');
    await run.end('1', 'again');
    expect(await run.done).toEqual(['1 not_started', '2 failed', '3 not_started']);
  });
});

describe('runPlan', () => {
  it('runs one block after the other by default', async () => {
    const run = direct(plan([chain('1'), chain('2')]));
    await run.end('1');
    await run.end('2');
    expect(await run.done).toEqual(['1 success', '2 success']);
    expect(run.log).toEqual(['start 1', 'end 1', 'start 2', 'end 2']);
  });

  it('runs up to `jobs` blocks of a group in parallel, and no group before the previous one has ended', async () => {
    const run = direct(plan([chain('1'), chain('2'), chain('3')], [command('4')]), { jobs: 2 });
    await run.until('start 2');
    expect(run.log).toEqual(['start 1', 'start 2']);
    await run.end('2');
    await run.until('start 3');
    await run.end('1');
    await run.end('3');
    await run.end('4');
    expect(await run.done).toHaveLength(4);
    expect(run.log).toEqual(['start 1', 'start 2', 'end 2', 'start 3', 'end 1', 'end 3', 'start 4', 'end 4']);
  });

  it('never overlaps blocks with one state ID; others overtake', async () => {
    const run = direct(plan([chain('1', 'a'), chain('2', 'a'), chain('3', 'b')]), { jobs: 3 });
    await run.until('start 3');
    expect(run.log).toEqual(['start 1', 'start 3']);
    await run.end('1');
    await run.end('2');
    await run.end('3');
    expect(await run.done).toHaveLength(3);
  });

  it('lets the running blocks finish after a failure, and starts no new one', async () => {
    const run = direct(plan([chain('1'), chain('2'), chain('3')], [command('4')]), { jobs: 2 });
    await run.until('start 2');
    await run.end('1', 'failed');
    await run.end('2');
    expect(await run.done).toEqual(['1 failed', '2 success', '3 not_started', '4 not_started']);
    expect(run.stop.stopping).toBe(false);
  });

  it('stops the running blocks with fail-fast', async () => {
    const run = direct(plan([chain('1'), chain('2')]), { jobs: 2, onFailure: 'fail-fast' });
    await run.until('start 2');
    await run.end('1', 'failed');
    await run.stop.stopped();
    expect(run.stop.first).toEqual({ reason: 'failure', second: false });
    await run.end('2', 'stopped');
    expect(await run.done).toEqual(['1 failed', '2 stopped']);
  });

  it('runs the rest with run-rest', async () => {
    const run = direct(plan([chain('1')], [command('2')]), { onFailure: 'run-rest' });
    await run.end('1', 'failed');
    await run.end('2');
    expect(await run.done).toEqual(['1 failed', '2 success']);
  });

  it('asks again for a block whose claim another run holds, while others continue', async () => {
    let asked = 0;
    const claim = (block: Block) =>
      block.id === '1' && ++asked < 3 ? ({ kind: 'busy', for: 'lease' } as const) : undefined;
    const run = direct(plan([chain('1'), chain('2')]), { claim });
    await run.end('2');
    await run.end('1');
    expect(await run.done).toEqual(['1 success', '2 success']);
    expect(asked).toBe(3);
  });

  it('starts nothing after a stop, and releases a claim that came too late', async () => {
    const run = direct(plan([chain('1'), chain('2')], [chain('3')]), {
      jobs: 2,
      claim: (block) => {
        if (block.id === '2') run.stop.request({ reason: 'signal', second: false });
        return undefined;
      },
    });
    await run.end('1', 'stopped');
    expect(await run.done).toEqual(['1 stopped', '2 not_started', '3 not_started']);
    expect(run.log).toContain('back 2');
  });

  it('stops waiting for a claim when it is stopped', async () => {
    const run = direct(plan([chain('1')]), { claim: () => ({ kind: 'busy', for: 'lease' }) });
    run.stop.request({ reason: 'timeout', second: false });
    expect(await run.done).toEqual(['1 not_started']);
  });

  it('asks for only one of the blocks whose plugin is at its limit, for all others, and again when one has ended', async () => {
    const asked: string[] = [];
    let isFull = false;
    const claim = ({ id }: Block) => {
      asked.push(id);
      if (id !== 'other' && isFull) return { kind: 'busy', for: 'concurrency' } as const;
      if (id !== 'other') isFull = true;
      return undefined;
    };
    const blocks = [chain('1'), chain('2'), chain('3'), chain('other', 'other', 'tap-other')];
    const run = direct(plan(blocks), { jobs: 3, claim });
    await run.until('start other');
    expect(asked).toEqual(['1', '2', 'other']);
    for (const id of ['1', '2', '3']) {
      await run.until(`start ${id}`);
      isFull = false;
      await run.end(id);
    }
    await run.end('other');
    expect(await run.done).toEqual(['1 success', '2 success', '3 success', 'other success']);
  });

  it('gives signals and running blocks their turn, however many blocks wait', async () => {
    const blocks = Array.from({ length: 20 }, (_, index) => chain(String(index)));
    const claim = () => {
      for (const end = performance.now() + 30; performance.now() < end; );
      return { kind: 'busy', for: 'lease' } as const;
    };
    const run = direct(plan(blocks), { claim });
    setTimeout(() => run.stop.request({ reason: 'signal', second: false }), 1);
    expect(await run.done).toContain('19 not_started');
  });
});
