import { describe, expect, it } from 'vitest';
import { foldWindows } from '../../src/observe/fold-windows.js';
import { summaryText } from '../../src/observe/summary.js';
import type { BlockStatus, BlockSummary } from '../../src/run/events.js';

const counts = { recordsExtracted: 2, recordsLoaded: 2, bytesExtracted: 10, states: 1, oddLines: 0 };
const block = (index: number, status: BlockStatus = 'success'): BlockSummary => ({
  blockId: String(index),
  kind: 'chain',
  name: `tap-x target-y [${index}]`,
  plugins: ['tap-x', 'target-y'],
  window: `[${index}]`,
  status,
  durationSeconds: 1,
  ...(status === 'not_started' ? {} : { counts }),
  processes: [],
});
const blocks = (length: number) => Array.from({ length }, (_, index) => block(index + 1));

describe('the summary of a backfill', () => {
  it('names each of a few windows', () => {
    expect(foldWindows(blocks(12))).toEqual(blocks(12));
  });

  it('folds many that went well, and those that did not start, and keeps the others', () => {
    const many = [...blocks(50), block(51, 'failed'), block(52, 'not_started'), block(53, 'not_started')];
    expect(foldWindows(many)).toMatchObject([
      {
        window: '50 windows',
        status: 'success',
        durationSeconds: 50,
        counts: { recordsLoaded: 100, bytesExtracted: 500 },
      },
      { window: '2 windows', status: 'not_started' },
      { window: '[51]', status: 'failed' },
    ]);
    const event = { type: 'run.finished', status: 'failed', durationSeconds: 7, exitCode: 1, blocks: many } as const;
    const text = summaryText(event, { colors: false, runId: 'r', canRetry: false, isRetry: false });
    expect(text.split('\n').filter((line) => line.includes('→'))).toEqual([
      '  ok           tap-x → target-y 50 windows  100 records, 500 B, 50s',
      '  not started  tap-x → target-y 2 windows',
      '  failed       tap-x → target-y [51]        2 records, 10 B, 1s',
    ]);
    expect(text).toContain('1 of 53 blocks failed');
  });

  it('leaves the blocks of a run as they are', () => {
    const plain = blocks(20).map(({ window: _, ...rest }) => rest);
    expect(foldWindows(plain)).toEqual(plain);
  });
});
