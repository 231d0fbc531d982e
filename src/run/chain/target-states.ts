import type { Readable } from 'node:stream';
import type { SingerState } from '../../state/port.js';
import { TextLines } from '../process/text-lines.js';

/** The longest line that a target may print. In bytes. */
export const longestState = 32 * 1024 * 1024;

export interface TargetStatesOptions {
  longest?: number | undefined;
  onState(state: SingerState): void;
  /** The first of each kind is worth a warning: the state is not updated. */
  onUseless(kind: 'invalid' | 'empty', line: string): void;
  onTooLong(): void;
}

/** Reads what a target prints: each line is the newest state. Line ends are those of any system. */
export function readTargetStates(stream: Readable, options: TargetStatesOptions): TextLines {
  const lines = new TextLines({
    longest: options.longest ?? longestState,
    onTooLong: options.onTooLong,
    onLine: (line) => {
      const text = line.trim();
      if (text === '') return;
      const state = parseState(text);
      if (state === undefined) options.onUseless('invalid', text);
      else if (Object.keys(state).length === 0) options.onUseless('empty', text);
      else options.onState(state);
    },
  });
  stream.on('data', (chunk: Buffer) => lines.push(chunk));
  return lines;
}

function parseState(text: string): SingerState | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as SingerState) : undefined;
  } catch {
    return undefined;
  }
}
