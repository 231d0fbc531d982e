import type { Readable } from 'node:stream';
import { parseTargetState } from '../../singer/messages.js';
import type { SingerState } from '../../state/port.js';
import { TextLines } from '../process/text-lines.js';

/** The longest line that a target may print. */
export const maxStateBytes = 32 * 1024 * 1024;

export interface TargetStatesOptions {
  maxBytes?: number | undefined;
  onState(state: SingerState): void;
  /** Called for a line that does not update the state. */
  onUseless(kind: 'invalid' | 'empty'): void;
  onTooLong(): void;
}

/** Reads the output of a target: each line is the newest state. Accepts the line ends of any system. */
export function readTargetStates(stream: Readable, options: TargetStatesOptions): TextLines {
  const lines = new TextLines({
    maxBytes: options.maxBytes ?? maxStateBytes,
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
