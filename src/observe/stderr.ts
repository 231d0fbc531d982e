/**
 * The one writer of stderr. Log lines go above a live region of a few lines at the bottom of a terminal, which is
 * taken away before a line and drawn again after it, at most ten times a second.
 */

import { stripVTControlCharacters } from 'node:util';

/** What `process.stderr` has, so that tests can look. */
export interface TextStream {
  write(text: string): boolean;
  on?(event: 'error' | 'resize', listener: () => void): unknown;
  isTTY?: boolean | undefined;
  columns?: number | undefined;
}

export interface StderrWriter {
  readonly isTTY: boolean;
  readonly columns: number;
  /** A line (or several); adds the line's end. */
  line(text: string): void;
  /** Sets what draws the live region, called at each drawing; `undefined` takes it away. */
  live(frame: (() => string[]) | undefined): void;
  /** Asks for a drawing soon. */
  redraw(): void;
}

const minPause = 100;

/** How many rows a terminal of this width takes for a line, also for one that was drawn when it was wider. */
function rowsOf(line: string, columns: number): number {
  return Math.max(1, Math.ceil(stripVTControlCharacters(line).length / columns));
}

export function createStderrWriter(stream: TextStream = process.stderr): StderrWriter {
  let frame: (() => string[]) | undefined;
  let drawn: string[] = [];
  let drawnAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let broken = false;
  // The reader is gone (`2>&1 | head`); that must not end a run.
  stream.on?.('error', () => {
    broken = true;
  });

  const put = (text: string): void => {
    if (!broken) stream.write(text);
  };
  const columns = (): number => stream.columns || 80;
  const clear = (): string => {
    // A terminal that was made narrower has wrapped what was drawn.
    const rows = drawn.reduce((sum, line) => sum + rowsOf(line, columns()), 0);
    drawn = [];
    return rows === 0 ? '' : `\u001b[${rows}A\r\u001b[0J`;
  };
  const draw = (): void => {
    timer = undefined;
    if (frame === undefined) return;
    const lines = frame();
    // Wrapping is switched off while drawing: a line that wraps could not be counted, so not be taken away.
    const text = lines.length === 0 ? '' : `\u001b[?7l${lines.join('\n')}\n\u001b[?7h`;
    put(clear() + text);
    drawn = lines;
    drawnAt = performance.now();
  };
  const redraw = (): void => {
    if (frame === undefined || timer !== undefined) return;
    const pause = Math.max(0, drawnAt + minPause - performance.now());
    timer = setTimeout(draw, pause);
    timer.unref();
  };

  stream.on?.('resize', redraw);
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return columns();
    },
    line(text) {
      put(`${clear()}${text}\n`);
      redraw();
    },
    live(next) {
      frame = next;
      if (next !== undefined) return redraw();
      clearTimeout(timer);
      timer = undefined;
      const codes = clear();
      if (codes !== '') put(codes);
    },
    redraw,
  };
}
