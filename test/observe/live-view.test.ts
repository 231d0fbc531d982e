import { describe, expect, it, vi } from 'vitest';
import { hasColors, isInteractive } from '../../src/observe/colors.js';
import { createLiveView } from '../../src/observe/live-view.js';
import { createStderrWriter, type TextStream } from '../../src/observe/stderr.js';
import type { RunEvent, RunEventBody } from '../../src/run/events.js';

const eventOf = (body: RunEventBody, blockId?: string): RunEvent => ({
  version: 1,
  sequence: 1,
  time: '2026-01-02T03:04:05.678Z',
  runId: 'run-1',
  blockId,
  ...body,
});

/** A writer that keeps its live region to itself, for looking at what would be drawn. */
function viewAt(columns: number) {
  let frame: (() => string[]) | undefined;
  let now = 0;
  const view = createLiveView(
    { isTTY: true, columns, line: () => undefined, redraw: () => undefined, live: (next) => (frame = next) },
    false,
    () => now,
  );
  return {
    tell: (body: RunEventBody, blockId?: string) => view(eventOf(body, blockId)),
    lines: () => frame?.(),
    wait: (ms: number) => {
      now += ms;
    },
  };
}

const progress = (recordsExtracted: number): RunEventBody => ({
  type: 'progress',
  name: 'x',
  counts: { recordsExtracted, recordsLoaded: 0, bytesExtracted: recordsExtracted * 1000, states: 0, oddLines: 0 },
  pressure: { waitingForTap: 3, waitingForTarget: 92.4 },
  elapsedSeconds: 1,
});
const started: RunEventBody = { type: 'block.started', kind: 'chain', name: 'x', plugins: ['tap-x', 'target-y'] };

describe('the live view', () => {
  it('shows what a chain moves and which end holds it up', () => {
    const view = viewAt(120);
    view.tell(started, '1');
    expect(view.lines()).toEqual(['▸ tap-x → target-y  starting  0s']);
    view.wait(1000);
    view.tell(progress(12_345), '1');
    expect(view.lines()).toEqual(['▸ tap-x → target-y  12,345 records  12,345/s  12.3 MB/s  1s  target-bound 92 %']);
  });

  it('leaves out what does not fit', () => {
    const view = viewAt(50);
    view.tell(started, '1');
    view.wait(1000);
    view.tell(progress(12_345), '1');
    expect(view.lines()).toEqual(['▸ tap-x → target-y  12,345 records  12,345/s']);
  });

  it('counts down to the next attempt', () => {
    const view = viewAt(120);
    const summary = {
      blockId: '1',
      kind: 'chain',
      name: 'x',
      plugins: ['tap-x', 'target-y'],
      status: 'failed',
      durationSeconds: 1,
      processes: [],
    } as const;
    view.tell(started, '1');
    view.tell(
      {
        type: 'block.retrying',
        attempts: 3,
        delaySeconds: 60,
        summary: { ...summary, plugins: [...summary.plugins], processes: [] },
      },
      '1',
    );
    view.wait(10_000);
    expect(view.lines()).toEqual(['▸ tap-x → target-y  attempt 2 of 3  in 50s']);
    view.tell({ type: 'stop', reason: 'signal', second: false });
    expect(view.lines()).toEqual(['▸ tap-x → target-y  stopping  10s']);
    view.tell(started, '1');
    expect(view.lines()).toEqual(['▸ tap-x → target-y  starting  0s']);
  });

  it('has a line for each chain that runs, and none at the end', () => {
    const view = viewAt(120);
    view.tell(started, '1');
    view.tell(started, '2');
    expect(view.lines()).toHaveLength(2);
    view.tell({ type: 'run.finished', status: 'success', durationSeconds: 1, exitCode: 0, blocks: [] });
    expect(view.lines()).toBeUndefined();
  });
});

describe('the writer of stderr', () => {
  it('takes the live lines away before a log line', async () => {
    const written: string[] = [];
    let seen = (): void => undefined;
    const drawn = new Promise<void>((resolve) => {
      seen = resolve;
    });
    const stream: TextStream = {
      isTTY: true,
      write: (text) => {
        written.push(text);
        if (text.includes('live one')) seen();
        return true;
      },
    };
    const writer = createStderrWriter(stream);
    // The timer that draws keeps nothing alive; the test does.
    const alive = setInterval(() => undefined, 1000);
    writer.live(() => ['live one', 'live two']);
    await drawn;
    clearInterval(alive);
    written.length = 0;
    writer.line('a log line');
    expect(written).toEqual(['\u001b[2A\r\u001b[0Ja log line\n']);
    writer.live(undefined);
    expect(written).toHaveLength(1);
  });
});

describe('colours and live lines', () => {
  it('need a terminal that can, and nobody who says no', () => {
    expect(hasColors({ isTTY: true }, {})).toBe(true);
    expect(hasColors({ isTTY: true }, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
    expect(hasColors({ isTTY: false }, { FORCE_COLOR: '1' })).toBe(true);
    expect(hasColors({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(isInteractive({ isTTY: true }, { CI: 'true' })).toBe(false);
    expect(isInteractive({ isTTY: true }, {})).toBe(true);
  });
});

describe('a narrow terminal', () => {
  it('cuts names before it leaves out a number', () => {
    const view = viewAt(60);
    const plugins = ['tap-a-rather-long-name', 'target-of-a-warehouse'];
    view.tell({ ...started, plugins } as RunEventBody, '1');
    view.wait(1000);
    view.tell(progress(12_345), '1');
    const [line = ''] = view.lines() ?? [];
    expect(line).toMatch(/^▸ tap-a-.*… {2}12,345 records {2}12,345\/s {2}12\.3 MB\/s/);
    expect(line.length).toBeLessThan(60);
  });

  it('takes away all rows of lines that it has wrapped, and draws again when its size changes', async () => {
    const written: string[] = [];
    const listeners = new Map<string, () => void>();
    const stream: TextStream = {
      isTTY: true,
      columns: 80,
      write: (text) => written.push(text) > 0,
      on: (event, listener) => listeners.set(event, listener),
    };
    const writer = createStderrWriter(stream);
    writer.live(() => ['x'.repeat(70)]);
    await vi.waitFor(() => expect(written).toHaveLength(1));
    stream.columns = 40;
    listeners.get('resize')?.();
    await vi.waitFor(() => expect(written).toHaveLength(2));
    expect(written[1]).toContain('\u001b[2A\r\u001b[0J');
    writer.live(undefined);
  });
});
