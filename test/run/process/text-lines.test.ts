import { describe, expect, it } from 'vitest';
import { cutText, TextLines } from '../../../src/run/process/text-lines.js';

function linesOf(pieces: string[], maxBytes = 100): string[] {
  const lines: string[] = [];
  const reader = new TextLines({ maxBytes, onLine: (line) => lines.push(line) });
  for (const piece of pieces) reader.push(Buffer.from(piece, 'latin1'));
  reader.end();
  return lines;
}

describe('TextLines', () => {
  it('joins what comes in pieces, characters of several bytes too', () => {
    const bytes = Buffer.from('gr\u00fc\u00df\nnext').toString('latin1');
    expect(linesOf([...bytes])).toEqual(['gr\u00fc\u00df', 'next']);
  });

  it('keeps empty lines, and adds none at the end', () => {
    expect(linesOf(['a\n\n', 'b\n'])).toEqual(['a', '', 'b']);
  });

  it('cuts a line that is too long and goes on with the next', () => {
    const long = `${'word '.repeat(30)}`;
    expect(linesOf([long, long, '\nnext\n'], 20)).toEqual(['word word word ... (cut)', 'next']);
  });

  it('tells of a line that is too long once, where somebody asks', () => {
    const told: string[] = [];
    const reader = new TextLines({
      maxBytes: 3,
      onLine: (line) => told.push(line),
      onTooLong: (text) => told.push(`! ${text}`),
    });
    for (const piece of ['ab', 'cd', 'ef\nx\n']) reader.push(Buffer.from(piece));
    expect(told).toEqual(['! abc', 'x']);
  });
});

describe('cutText', () => {
  it('never leaves the beginning of a word', () => {
    expect(cutText('the password is hunter2hunter2', 20)).toBe('the password is ... (cut)');
    expect(cutText('hunter2hunter2', 5)).toBe('... (cut)');
    expect(cutText('short', 5)).toBe('short');
  });
});
