/**
 * The one writer of stderr. Log lines go above a live region of a few lines at the bottom of a terminal, which is
 * taken away before a line and drawn again after it, at most ten times a second.
 */

/** What `process.stderr` has, so that tests can look. */
export interface TextStream {
  write(text: string): boolean;
  on?(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
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

export function createStderrWriter(stream: TextStream = process.stderr): StderrWriter {
  let frame: (() => string[]) | undefined;
  let drawn = 0;
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
  const clear = (): string => {
    const codes = drawn === 0 ? '' : `\u001b[${drawn}A\u001b[0J`;
    drawn = 0;
    return codes;
  };
  const draw = (): void => {
    timer = undefined;
    if (frame === undefined) return;
    const lines = frame();
    // Wrapping is switched off while drawing: a line that wraps could not be counted, so not be taken away.
    const text = lines.length === 0 ? '' : `\u001b[?7l${lines.join('\n')}\n\u001b[?7h`;
    put(clear() + text);
    drawn = lines.length;
    drawnAt = performance.now();
  };
  const redraw = (): void => {
    if (frame === undefined || timer !== undefined) return;
    const pause = Math.max(0, drawnAt + minPause - performance.now());
    timer = setTimeout(draw, pause);
    timer.unref();
  };

  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns || 80;
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
