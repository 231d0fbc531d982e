import type { Readable } from 'node:stream';
import { parseTargetState } from '../../singer/messages.js';
import type { SingerState } from '../../state/port.js';
import { TextLines } from '../process/text-lines.js';

/** The longest line that a target may print. In bytes. */
export const longestState = 32 * 1024 * 1024;

export interface TargetStatesOptions {
  longest?: number | undefined;
  onState(state: SingerState): void;
  /** The first of each kind is worth a warning: the state is not updated. */
  onUseless(kind: 'invalid' | 'empty'): void;
  onTooLong(): void;
}

/** Reads what a target prints: each line is the newest state. Line ends are those of any system. */
export function readTargetStates(stream: Readable, options: TargetStatesOptions): TextLines {
  const lines = new TextLines({
    longest: options.longest ?? longestState,
    onTooLong: options.onTooLong,
    onLine: (line) => {
      const parsed = parseTargetState(line);
      if (parsed.kind === 'state') options.onState(parsed.state);
      else if (parsed.kind !== 'blank') options.onUseless(parsed.kind);
    },
  });
  stream.on('data', (chunk: Buffer) => lines.push(chunk));
  return lines;
}
